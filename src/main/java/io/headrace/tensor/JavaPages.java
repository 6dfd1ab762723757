package io.headrace.tensor;

/**
 * Key/value pages on the heap: of one head K transposed {@code [headDim][16]}, then V {@code [16][headDim]}, whatever the format.
 */
final class JavaPages implements KvPages {
  private final KvShape shape;

  /** Per layer; one of the two is empty. */
  private final short[][] halves;

  private final float[][] floats;
  private final int half;

  JavaPages(KvShape shape) {
    this.shape = shape;
    half = Kernels.PAGE_TOKENS * shape.headDim();
    try {
      int values =
          Math.multiplyExact(Math.multiplyExact(shape.blocks(), shape.kvHeads()), 2 * half);
      boolean rounded = shape.format() != KvFormat.F32;
      halves = new short[rounded ? shape.layers() : 0][values];
      floats = new float[rounded ? 0 : shape.layers()][values];
    } catch (ArithmeticException | OutOfMemoryError tooLarge) {
      throw new KernelFault(
          "no memory for %d blocks of %d bytes of keys and values; ask for fewer"
              .formatted(shape.blocks(), shape.blockBytes()));
    }
  }

  @Override
  public KvShape shape() {
    return shape;
  }

  private int page(int block, int head) {
    return (block * shape.kvHeads() + head) * 2 * half;
  }

  private void put(int layer, int at, float value) {
    switch (shape.format()) {
      case F16 -> halves[layer][at] = Float.floatToFloat16(value);
      case BF16 -> halves[layer][at] = JavaMath.toBf16(value);
      case F32 -> floats[layer][at] = value;
    }
  }

  /** Copies {@code count} numbers from {@code at} on to {@code out}. */
  private void get(int layer, int at, int count, float[] out, int to) {
    if (halves.length == 0) {
      System.arraycopy(floats[layer], at, out, to, count);
      return;
    }
    short[] pages = halves[layer];
    if (shape.format() == KvFormat.BF16) {
      for (int i = 0; i < count; i++) out[to + i] = JavaMath.fromBf16(pages[at + i]);
      return;
    }
    for (int i = 0; i < count; i++) out[to + i] = Float.float16ToFloat(pages[at + i]);
  }

  /** Writes one token's key and value of one head. */
  void write(int layer, int block, int lane, int head, float[] key, float[] values, int valueAt) {
    int k = page(block, head);
    int v = k + half + lane * shape.headDim();
    for (int d = 0; d < shape.headDim(); d++) {
      put(layer, k + d * Kernels.PAGE_TOKENS + lane, key[d]);
      put(layer, v + d, values[valueAt + d]);
    }
  }

  /** Widens one token's key to {@code keys[d * stride + at]} and its value to {@code values[at * headDim + d]}. */
  void read(
      int layer, int block, int lane, int head, float[] keys, int stride, float[] values, int at) {
    int k = page(block, head);
    for (int d = 0; d < shape.headDim(); d++) {
      get(layer, k + d * Kernels.PAGE_TOKENS + lane, 1, keys, d * stride + at);
    }
    get(layer, k + half + lane * shape.headDim(), shape.headDim(), values, at * shape.headDim());
  }

  /** As {@link #read} for the 16 tokens of a block, to columns {@code at} and up. */
  void readBlock(int layer, int block, int head, float[] keys, int stride, float[] values, int at) {
    int k = page(block, head);
    for (int d = 0; d < shape.headDim(); d++) {
      get(layer, k + d * Kernels.PAGE_TOKENS, Kernels.PAGE_TOKENS, keys, d * stride + at);
    }
    get(layer, k + half, half, values, at * shape.headDim());
  }

  @Override
  public void move(int[] table, int blocks, int[] from, int[] to, int count) {
    MoveCheck.check(shape, table, blocks, from, to, count);
    for (int i = 0; i < count; i++) {
      if (from[i] == to[i]) continue;
      for (int layer = 0; layer < shape.layers(); layer++) {
        for (int head = 0; head < shape.kvHeads(); head++) {
          Object pages = halves.length > 0 ? halves[layer] : floats[layer];
          copy(pages, page(table[from[i] / 16], head), from[i] % 16, page(table[to[i] / 16], head), to[i] % 16);
        }
      }
    }
  }

  /** {@code pages}: an array of either kind. */
  private void copy(Object pages, int source, int sourceLane, int target, int targetLane) {
    int headDim = shape.headDim();
    for (int d = 0; d < headDim; d++) {
      System.arraycopy(pages, source + 16 * d + sourceLane, pages, target + 16 * d + targetLane, 1);
    }
    int values = source + half + sourceLane * headDim;
    System.arraycopy(pages, values, pages, target + half + targetLane * headDim, headDim);
  }

  @Override
  public void close() {}
}
