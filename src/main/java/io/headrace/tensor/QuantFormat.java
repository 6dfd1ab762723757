package io.headrace.tensor;

/**
 * A weight format as stored in files: a block of weights in a fixed number of bytes, blocks along the input dimension. Type numbers
 * are those of GGUF; the kernels use the same ones.
 */
public enum QuantFormat {
  //    GGUF type, weights and bytes of a block, multiplied with quantised activations
  F32(0, 1, 4, false),
  F16(1, 1, 2, false),
  Q4_0(2, 32, 18, true),
  Q4_1(3, 32, 20, true),
  Q5_0(6, 32, 22, true),
  Q5_1(7, 32, 24, true),
  Q8_0(8, 32, 34, true),
  Q4_K(12, 256, 144, true),
  Q5_K(13, 256, 176, true),
  Q6_K(14, 256, 210, true),
  BF16(30, 1, 2, false);

  private final int id;
  private final int blockWeights;
  private final int blockBytes;
  private final boolean quantised;

  QuantFormat(int id, int blockWeights, int blockBytes, boolean quantised) {
    this.id = id;
    this.blockWeights = blockWeights;
    this.blockBytes = blockBytes;
    this.quantised = quantised;
  }

  /** The GGUF type number. */
  public int id() {
    return id;
  }

  /** Weights of a block: 1, 32 or 256. */
  public int blockWeights() {
    return blockWeights;
  }

  /** Bytes of a block in a file. */
  public int blockBytes() {
    return blockBytes;
  }

  /** Whether products round activations per 32 inputs; otherwise they use float32 activations. */
  public boolean quantisesActivations() {
    return quantised;
  }

  /**
   * Bytes of a row of {@code weights} weights.
   *
   * @throws IllegalArgumentException unless it is a whole number of blocks
   */
  public long rowBytes(long weights) {
    if (weights < 0 || weights % blockWeights != 0) {
      throw new IllegalArgumentException(
          "%d weights are not a whole number of %s blocks of %d".formatted(weights, this, blockWeights));
    }
    return Math.multiplyExact(weights / blockWeights, blockBytes);
  }

  /** The format with GGUF type number {@code id}, or null when this server does not know it. */
  public static @org.jspecify.annotations.Nullable QuantFormat ofId(int id) {
    for (QuantFormat format : values()) {
      if (format.id == id) return format;
    }
    return null;
  }
}
