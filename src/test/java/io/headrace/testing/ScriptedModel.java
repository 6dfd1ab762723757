package io.headrace.testing;

import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.model.ModelCapabilities;
import io.headrace.model.ModelCard;
import io.headrace.tensor.KernelFault;
import io.headrace.tensor.Weigher;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A model whose logits are a hash of everything a row sees, read slot by slot through the block
 * table it was given. Each slot stands for keys and values: it holds its position and a hash of the
 * whole sequence up to it, as real ones depend on all tokens before. So a block in the wrong place,
 * a stale slot, a row too many or too few, a shared block with another prefix changes the logits,
 * and two rows that write one slot, a slot at the wrong position, or a block that another sequence of
 * the pass has, are an error at once.
 */
public final class ScriptedModel implements Model {
  private final int vocabulary;
  private final int contextLength;
  private final int blocks;
  private final int maxRows;
  private final int maxSequences;
  private final int maxWanted;
  private final boolean treePass;

  private final long[] keys;
  private final int[] positions;
  private final List<float[]> logits = new ArrayList<>();
  private final Weigher weigher = Weigher.inJava();

  /** Models of different seeds answer differently. */
  private long seed;

  /** The pass that throws a fault, or -1; set by tests. */
  public volatile int faultAtPass = -1;

  /** Rows of this token are no numbers, or -1; set by tests. */
  public volatile int poisonToken = -1;

  /** Runs at the start of every pass; set by tests. */
  public volatile Runnable beforePass = () -> {};

  public volatile int passes;
  public volatile int mostRows;
  public volatile int mostSequences;
  public volatile long treeRows;
  public volatile long moved;
  public volatile boolean closed;

  private ScriptedModel(
      int vocabulary,
      int contextLength,
      int blocks,
      int maxRows,
      int maxSequences,
      int maxWanted,
      boolean treePass) {
    this.vocabulary = vocabulary;
    this.contextLength = contextLength;
    this.blocks = blocks;
    this.maxRows = maxRows;
    this.maxSequences = maxSequences;
    this.maxWanted = maxWanted;
    this.treePass = treePass;
    keys = new long[blocks * BLOCK_TOKENS];
    positions = new int[blocks * BLOCK_TOKENS];
    Arrays.fill(positions, -1);
  }

  /** With 40 tokens, a window of 512, and wide limits. */
  public static ScriptedModel withBlocks(int blocks) {
    return new ScriptedModel(40, 512, blocks, 512, 64, 256, true);
  }

  public ScriptedModel withWindow(int contextLength) {
    return new ScriptedModel(
        vocabulary, contextLength, blocks, maxRows, maxSequences, maxWanted, treePass);
  }

  public ScriptedModel withLimits(int maxRows, int maxSequences, int maxWanted) {
    return new ScriptedModel(
        vocabulary, contextLength, blocks, maxRows, maxSequences, maxWanted, treePass);
  }

  public ScriptedModel withoutTrees() {
    return new ScriptedModel(
        vocabulary, contextLength, blocks, maxRows, maxSequences, maxWanted, false);
  }

  /** Other weights: other answers to the same tokens. */
  public ScriptedModel withSeed(long seed) {
    var other = new ScriptedModel(vocabulary, contextLength, blocks, maxRows, maxSequences, maxWanted, treePass);
    other.seed = seed;
    return other;
  }

  /** The row that follows {@code tokens}, computed at once and from nothing. Any thread. */
  public float[] answer(int... tokens) {
    ScriptedModel fresh = withBlocks(tokens.length / BLOCK_TOKENS + 1).withSeed(seed);
    ForwardBatch batch = fresh.newBatch();
    int[] table = new int[fresh.blocks()];
    for (int i = 0; i < table.length; i++) table[i] = i;
    batch.addChain(table, table.length, 0, tokens, 0, tokens.length, 1);
    float[] row = new float[vocabulary];
    fresh.forward(batch).copyRow(0, row);
    return row;
  }

  @Override
  public ModelCard card() {
    return new ModelCard(
        "scripted",
        "scripted",
        0,
        0,
        1,
        contextLength,
        vocabulary,
        1,
        8,
        "none",
        "exact",
        "none",
        "scripted",
        "scripted-1");
  }

  @Override
  public ModelCapabilities capabilities() {
    return new ModelCapabilities(treePass, 32, false, false, maxSequences > 1);
  }

  @Override
  public int blocks() {
    return blocks;
  }

  @Override
  public ForwardBatch newBatch() {
    return new ScriptedBatch(maxRows, maxSequences, maxWanted, contextLength, treePass);
  }

  @Override
  public Weigher weigher() {
    return weigher;
  }

  @Override
  public LogitRows forward(ForwardBatch batch, Runnable meanwhile) {
    var rows = (ScriptedBatch) batch;
    meanwhile.run();
    beforePass.run();
    int pass = passes++;
    treeRows += rows.treeRows();
    mostRows = Math.max(mostRows, rows.rows());
    mostSequences = Math.max(mostSequences, rows.sequences());
    logits.clear();
    Set<Integer> written = new HashSet<>();
    Set<Integer> read = new HashSet<>();
    Map<Integer, ScriptedBatch.Part> writers = new HashMap<>();
    for (ScriptedBatch.Part part : rows.parts()) {
      int first = part.committed() / BLOCK_TOKENS;
      for (int i = first; i < part.table().length; i++) writers.put(part.table()[i], part);
    }
    for (ScriptedBatch.Part part : rows.parts()) {
      for (int block : part.table()) {
        if (writers.getOrDefault(block, part) != part)
          throw new IllegalStateException("block " + block + " is written by one sequence and held by another");
      }
      compute(part, written, read);
    }
    for (int slot : written) {
      if (read.contains(slot))
        throw new IllegalStateException("slot " + slot + " is read as committed and written");
    }
    if (pass == faultAtPass) throw new KernelFault("pass " + pass + " fails as the test wants");
    return new Rows();
  }

  @Override
  public void moveTokens(int[] table, int tableBlocks, int[] from, int[] to, int count) {
    for (int i = 0; i < count; i++) {
      if (from[i] < to[i] || i > 0 && to[i] <= to[i - 1])
        throw new IllegalArgumentException("moves do not ascend");
      int source = slot(table, tableBlocks, from[i]);
      int target = slot(table, tableBlocks, to[i]);
      if (positions[source] != to[i]) {
        throw new IllegalArgumentException(
            "position %d moves to slot %d".formatted(positions[source], to[i]));
      }
      keys[target] = keys[source];
      positions[target] = positions[source];
      if (source != target) positions[source] = -1;
      moved++;
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  private void compute(ScriptedBatch.Part part, Set<Integer> written, Set<Integer> read) {
    long seen = 0x1234 + seed;
    for (int t = 0; t < part.committed(); t++) {
      int slot = slot(part.table(), part.table().length, t);
      if (positions[slot] != t) {
        throw new IllegalStateException(
            "token %d is read from a slot that holds position %d".formatted(t, positions[slot]));
      }
      read.add(slot);
      seen = mix(seen ^ keys[slot]);
    }
    long[] after = new long[part.tokens().length];
    int[] depths = new int[part.tokens().length];
    for (int i = 0; i < part.tokens().length; i++) {
      int parent = part.parents()[i];
      long before = parent < 0 ? seen : after[parent];
      depths[i] = parent < 0 ? 0 : depths[parent] + 1;
      int slot = slot(part.table(), part.table().length, part.committed() + i);
      if (!written.add(slot)) throw new IllegalStateException("slot " + slot + " is written twice");
      positions[slot] = part.committed() + depths[i];
      keys[slot] = mix(before + 31L * part.tokens()[i] + 17L * positions[slot]);
      after[i] = mix(before ^ keys[slot]);
      if (i >= part.tokens().length - part.wanted()) logits.add(row(after[i], part.tokens()[i]));
    }
  }

  private float[] row(long hash, int token) {
    float[] row = new float[vocabulary];
    for (int id = 0; id < vocabulary; id++) {
      // Multiples of 1/8, so that equal logits occur.
      row[id] = (mix(hash + id) >>> 48 & 127) / 8f - 8f;
    }
    if (token == poisonToken) row[7] = Float.NaN;
    return row;
  }

  private int slot(int[] table, int tableBlocks, int position) {
    int block = position / BLOCK_TOKENS;
    if (block >= tableBlocks)
      throw new IllegalArgumentException("position %d is beyond the table".formatted(position));
    return table[block] * BLOCK_TOKENS + position % BLOCK_TOKENS;
  }

  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }

  private final class Rows implements LogitRows {
    private final int pass = passes;

    @Override
    public int rows() {
      return logits.size();
    }

    @Override
    public int vocabulary() {
      return vocabulary;
    }

    @Override
    public void copyRow(int row, float[] out) {
      fresh();
      System.arraycopy(logits.get(row), 0, out, 0, vocabulary);
    }

    @Override
    public void copyPeaks(int row, float[] out) {
      fresh();
      new ArrayRows(logits.get(row)).copyPeaks(0, out);
    }

    @Override
    public void copySpan(int row, int span, float[] out) {
      fresh();
      new ArrayRows(logits.get(row)).copySpan(0, span, out);
    }

    @Override
    public MemorySegment values(int row) {
      fresh();
      return new ArrayRows(logits.get(row)).values(0);
    }

    @Override
    public int argmax(int row) {
      fresh();
      return new ArrayRows(logits.get(row)).argmax(0);
    }

    private void fresh() {
      if (pass != passes) throw new IllegalStateException("rows of an earlier pass");
    }
  }
}
