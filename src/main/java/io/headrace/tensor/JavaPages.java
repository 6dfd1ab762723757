package io.headrace.tensor;

/**
 * Key/value pages on the heap, in the layout of {@code kernels.h}: of one head K transposed {@code [headDim][16]}, then V
 * {@code [16][headDim]}, binary16.
 */
final class JavaPages implements KvPages {
  private final KvShape shape;
  private final short[][] layers;
  private final int half;

  JavaPages(KvShape shape) {
    this.shape = shape;
    half = Kernels.PAGE_TOKENS * shape.headDim();
    try {
      layers =
          new short[shape.layers()]
              [Math.multiplyExact(Math.multiplyExact(shape.blocks(), shape.kvHeads()), 2 * half)];
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

  /** Writes one token's key and value of one head. */
  void write(int layer, int block, int lane, int head, float[] key, float[] values, int valueAt) {
    short[] pages = layers[layer];
    int k = page(block, head);
    int v = k + half + lane * shape.headDim();
    for (int d = 0; d < shape.headDim(); d++) {
      pages[k + d * Kernels.PAGE_TOKENS + lane] = Float.floatToFloat16(key[d]);
      pages[v + d] = Float.floatToFloat16(values[valueAt + d]);
    }
  }

  /** Widens one token's key to {@code keys[d * stride + at]} and its value to {@code values[at * headDim + d]}. */
  void read(
      int layer, int block, int lane, int head, float[] keys, int stride, float[] values, int at) {
    short[] pages = layers[layer];
    int k = page(block, head);
    int v = k + half + lane * shape.headDim();
    for (int d = 0; d < shape.headDim(); d++) {
      keys[d * stride + at] = Float.float16ToFloat(pages[k + d * Kernels.PAGE_TOKENS + lane]);
      values[at * shape.headDim() + d] = Float.float16ToFloat(pages[v + d]);
    }
  }

  /** As {@link #read} for the 16 tokens of a block, to columns {@code at} and up. */
  void readBlock(int layer, int block, int head, float[] keys, int stride, float[] values, int at) {
    short[] pages = layers[layer];
    int k = page(block, head);
    for (int d = 0; d < shape.headDim(); d++) {
      for (int t = 0; t < Kernels.PAGE_TOKENS; t++) {
        keys[d * stride + at + t] = Float.float16ToFloat(pages[k + d * Kernels.PAGE_TOKENS + t]);
      }
    }
    for (int i = 0; i < half; i++) {
      values[at * shape.headDim() + i] = Float.float16ToFloat(pages[k + half + i]);
    }
  }

  @Override
  public void move(int[] table, int blocks, int[] from, int[] to, int count) {
    MoveCheck.check(shape, table, blocks, from, to, count);
    for (int i = 0; i < count; i++) {
      if (from[i] == to[i]) continue;
      for (short[] pages : layers) {
        for (int head = 0; head < shape.kvHeads(); head++) {
          copy(pages, page(table[from[i] / 16], head), from[i] % 16, page(table[to[i] / 16], head), to[i] % 16);
        }
      }
    }
  }

  private void copy(short[] pages, int source, int sourceLane, int target, int targetLane) {
    for (int d = 0; d < shape.headDim(); d++) {
      pages[target + 16 * d + targetLane] = pages[source + 16 * d + sourceLane];
    }
    System.arraycopy(
        pages,
        source + half + sourceLane * shape.headDim(),
        pages,
        target + half + targetLane * shape.headDim(),
        shape.headDim());
  }

  @Override
  public void close() {}
}
