package io.headrace.tensor;

/**
 * The shape of key/value memory: pages of 16 tokens of one head of one layer.
 *
 * @param layers 1 and up
 * @param blocks blocks of 16 tokens, shared by all sequences, 1 and up
 * @param kvHeads 1 and up
 * @param headDim a multiple of 16, at most 256
 * @param format how numbers are held
 */
public record KvShape(int layers, int blocks, int kvHeads, int headDim, KvFormat format) {
  public KvShape {
    if (layers < 1 || blocks < 1 || kvHeads < 1) {
      throw new KernelFault(
          "keys and values need at least one layer, block and head, not %d, %d and %d"
              .formatted(layers, blocks, kvHeads));
    }
    if (headDim < 16 || headDim > 256 || headDim % 16 != 0) {
      throw new KernelFault("head dimension must be a multiple of 16 up to 256, was " + headDim);
    }
  }

  /** Bytes of keys and values of one token, all layers. */
  public long tokenBytes() {
    return 2L * format.bytes() * layers * kvHeads * headDim;
  }

  /** Bytes of one block of 16 tokens, all layers. */
  public long blockBytes() {
    return Kernels.PAGE_TOKENS * tokenBytes();
  }
}
