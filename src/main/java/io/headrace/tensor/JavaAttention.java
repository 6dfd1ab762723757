package io.headrace.tensor;

import java.util.Arrays;

/**
 * Attention of the arithmetic law for some rows of one sequence and one key/value head: chunks of 128 tokens anchored at absolute
 * positions, folded left to right.
 *
 * <p>A row sees token t of its own past at position t, whatever slot it lies in: committed tokens in slot t, later ones in the slots
 * of the row's ancestors. So a row of a tree has the bits of the plain chain of its ancestors.
 *
 * <p>One instance per unit of work: it holds scratch for one chunk and the running folds of the rows.
 */
final class JavaAttention {
  private static final int CHUNK = 128;

  private final ProgramSpec spec;
  private final JavaPages pages;
  private final PassBatch batch;
  private final int headDim;
  private final int group;
  private final boolean pairs;
  private final float[] keys;
  private final float[] values;
  private final float[] scores = new float[CHUNK];
  private final float[] lanes = new float[16];
  private final float[] part;
  private final int[] path = new int[Kernels.MAX_TREE_ROWS];

  JavaAttention(ProgramSpec spec, JavaPages pages, PassBatch batch) {
    this.spec = spec;
    this.pages = pages;
    this.batch = batch;
    headDim = pages.shape().headDim();
    group = spec.heads() / pages.shape().kvHeads();
    pairs = pages.shape().format() == KvFormat.BF16;
    keys = new float[headDim * CHUNK];
    values = new float[CHUNK * headDim];
    part = new float[headDim];
  }

  /** Rows {@code [first, end)} of {@code sequence}; queries in {@code qkv}, results to {@code out}. */
  void rows(int layer, int sequence, int kvHead, int first, int end, float[] qkv, float[] out) {
    int qkvWidth = (spec.heads() + 2 * pages.shape().kvHeads()) * headDim;
    int outWidth = spec.heads() * headDim;
    int states = (end - first) * group;
    float[] max = new float[states];
    float[] sum = new float[states];
    boolean chain = chain(sequence);
    int last = 0;
    for (int r = first; r < end; r++) last = Math.max(last, batch.position(r));
    for (int start = 0; start <= last; start += CHUNK) {
      int filled = -1; // tokens of this chunk that keys and values hold for every row; -1: none
      for (int r = first; r < end; r++) {
        int tokens = Math.min(CHUNK, batch.position(r) + 1 - start);
        if (tokens <= 0) continue;
        if (!chain && start + tokens > batch.committed(sequence)) {
          fillPath(layer, sequence, kvHead, start, tokens, r);
          filled = -1;
        } else if (filled < tokens) {
          filled = chain ? Math.min(CHUNK, last + 1 - start) : tokens;
          fill(layer, sequence, kvHead, start, filled);
        }
        for (int g = 0; g < group; g++) {
          int head = kvHead * group + g;
          int state = (r - first) * group + g;
          int target = r * outWidth + head * headDim;
          fold(qkv, r * qkvWidth + head * headDim, tokens, start == 0, state, max, sum, out, target);
        }
      }
    }
    for (int state = 0; state < states; state++) {
      int target = (first + state / group) * outWidth + (kvHead * group + state % group) * headDim;
      float inverse = 1f / sum[state];
      for (int d = 0; d < headDim; d++) out[target + d] *= inverse;
    }
  }

  /**
   * Whether every row's parent is the row before it. Slots grow by one per row and positions by one per generation, so they agree at
   * the last row only then.
   */
  private boolean chain(int sequence) {
    int last = batch.firstRow(sequence + 1) - 1;
    return batch.slot(last) == batch.position(last);
  }

  /** Tokens {@code start .. start + tokens} from the slots of their positions. */
  private void fill(int layer, int sequence, int kvHead, int start, int tokens) {
    for (int t = 0; t < tokens; t += Kernels.PAGE_TOKENS) {
      int block = batch.block(sequence, (start + t) / Kernels.PAGE_TOKENS);
      pages.readBlock(layer, block, kvHead, keys, CHUNK, values, t);
    }
  }

  /** As {@link #fill}, but tokens past the committed ones from the slots of the row's ancestors. */
  private void fillPath(int layer, int sequence, int kvHead, int start, int tokens, int row) {
    int committed = batch.committed(sequence);
    fill(layer, sequence, kvHead, start, Math.clamp((long) committed - start, 0, tokens));
    int depth = batch.position(row) - committed;
    for (int r = row; r != -1; r = batch.parent(r)) path[depth--] = batch.slot(r);
    for (int t = Math.max(start, committed); t < start + tokens; t++) {
      int slot = path[t - committed];
      int block = batch.block(sequence, slot / Kernels.PAGE_TOKENS);
      pages.read(layer, block, slot % Kernels.PAGE_TOKENS, kvHead, keys, CHUNK, values, t - start);
    }
  }

  /** Attends to the chunk and folds it into {@code max[state]}, {@code sum[state]} and {@code out[target ..]}. */
  private void fold(
      float[] qkv,
      int query,
      int tokens,
      boolean firstChunk,
      int state,
      float[] max,
      float[] sum,
      float[] out,
      int target) {
    int vectors = (tokens + 15) / 16;
    score(qkv, query, 16 * vectors);
    float m = scores[0];
    for (int t = 1; t < tokens; t++) m = Math.max(m, scores[t]);
    for (int t = 0; t < tokens; t++) scores[t] = JavaMath.exp(scores[t] - m);
    for (int t = 0; pairs && t < tokens; t++) scores[t] = JavaMath.roundedBf16(scores[t]);
    for (int t = tokens; t < 16 * vectors; t++) scores[t] = 0f;
    Arrays.fill(lanes, 0f);
    for (int v = 0; v < vectors; v++) {
      for (int j = 0; j < 16; j++) lanes[j] += scores[16 * v + j];
    }
    float l = JavaMath.tree(lanes);
    sum(tokens);
    if (firstChunk) {
      max[state] = m;
      sum[state] = l;
      System.arraycopy(part, 0, out, target, headDim);
      return;
    }
    float newMax = Math.max(max[state], m);
    float a = JavaMath.exp(max[state] - newMax);
    float b = JavaMath.exp(m - newMax);
    max[state] = newMax;
    sum[state] = Math.fma(sum[state], a, l * b);
    for (int d = 0; d < headDim; d++) {
      out[target + d] = Math.fma(out[target + d], a, part[d] * b);
    }
  }

  /** Scores of one query against the first {@code count} tokens of the chunk. */
  private void score(float[] qkv, int query, int count) {
    Arrays.fill(scores, 0, count, 0f);
    if (!pairs) {
      for (int d = 0; d < headDim; d++) {
        float q = qkv[query + d];
        int at = d * CHUNK;
        for (int t = 0; t < count; t++) scores[t] = Math.fma(q, keys[at + t], scores[t]);
      }
      return;
    }
    for (int d = 0; d < headDim; d += 2) {
      float even = JavaMath.roundedBf16(qkv[query + d]);
      float odd = JavaMath.roundedBf16(qkv[query + d + 1]);
      int at = d * CHUNK;
      for (int t = 0; t < count; t++) {
        scores[t] = JavaMath.addPair(scores[t], even, keys[at + t], odd, keys[at + CHUNK + t]);
      }
    }
  }

  /** {@code part} = the values of the chunk's first {@code tokens} tokens, weighted by {@code scores}. */
  private void sum(int tokens) {
    Arrays.fill(part, 0f);
    if (!pairs) {
      for (int t = 0; t < tokens; t++) {
        float p = scores[t];
        int at = t * headDim;
        for (int d = 0; d < headDim; d++) part[d] = Math.fma(p, values[at + d], part[d]);
      }
      return;
    }
    for (int t = 0; t < tokens; t += 2) {
      int at = t * headDim;
      boolean both = t + 1 < tokens;
      float odd = both ? scores[t + 1] : 0f;
      for (int d = 0; d < headDim; d++) {
        float value = both ? values[at + headDim + d] : 0f;
        part[d] = JavaMath.addPair(part[d], scores[t], values[at + d], odd, value);
      }
    }
  }
}
