package io.headrace.tensor;

/** How keys and values are held. */
public enum KvFormat {
  /** Rounded to binary16, as the arithmetic law says. */
  F16(2),
  /** Not rounded. Only the Java kernels have it: it tells rounding of keys and values from everything else when a model is judged. */
  F32(4);

  private final int bytes;

  KvFormat(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of a number. */
  public int bytes() {
    return bytes;
  }
}
