package io.headrace.tensor;

/** How keys and values are held, and with which arithmetic they are attended to. */
public enum KvFormat {
  /** Rounded to binary16 and multiplied in float32. */
  F16("f16", 2),
  /**
   * Rounded to bfloat16, as queries and probabilities are, and multiplied in pairs as VDPBF16PS does it. Loses a mean KL divergence
   * of about 1e-4 to binary16; worth it where the processor has that instruction.
   */
  BF16("bf16", 2),
  /** Not rounded. Only the Java kernels have it: it tells rounding of keys and values from everything else when a model is judged. */
  F32("f32", 4);

  private final String label;
  private final int bytes;

  KvFormat(String label, int bytes) {
    this.label = label;
    this.bytes = bytes;
  }

  /** Its name in options and in the model's data. */
  public String label() {
    return label;
  }

  /** Bytes of a number. */
  public int bytes() {
    return bytes;
  }
}
