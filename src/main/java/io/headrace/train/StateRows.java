package io.headrace.train;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The rows of some splits of a corpus, one after another: row {@code r} has a state and the token that was chosen from it. Rows of one
 * answer are neighbours. States are mapped, not read, so a corpus may be larger than memory.
 *
 * <p>Thread: one.
 */
public final class StateRows implements AutoCloseable {
  private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Arena arena = Arena.ofShared();
  private final int hidden;
  private final List<MemorySegment> shards = new ArrayList<>();
  private int[] tokens = new int[1 << 12];
  private int[] sequence = new int[1 << 12];
  private int[] sequenceShard = new int[1 << 8];
  private long[] sequenceByte = new long[1 << 8];
  private int[] sequenceStart = new int[1 << 8];
  private int[] sequenceSource = new int[1 << 8];
  private long toPass;
  private int rows;
  private int sequences;

  private StateRows(int hidden) {
    this.hidden = hidden;
  }

  /**
   * Opens rows.
   *
   * @param most rows at most; whole answers are taken until there are as many
   */
  public static StateRows open(Corpus corpus, Set<Split> splits, long most) throws IOException {
    return open(corpus, splits, 0, most);
  }

  /**
   * Opens what {@link #open(Corpus, Set, long)} would leave if {@code passed} were the most.
   *
   * @param passed rows to pass over
   */
  public static StateRows after(Corpus corpus, Set<Split> splits, long passed) throws IOException {
    return open(corpus, splits, passed, Long.MAX_VALUE);
  }

  private static StateRows open(Corpus corpus, Set<Split> splits, long passed, long most) throws IOException {
    StateRows all = new StateRows(corpus.settings().hidden());
    all.toPass = passed;
    try {
      for (Corpus.Part part : Corpus.Part.values()) {
        for (Corpus.Shard shard : corpus.shards(part)) all.add(shard, splits, most);
      }
      return all;
    } catch (IOException | RuntimeException e) {
      all.close();
      throw e;
    }
  }

  private void add(Corpus.Shard shard, Set<Split> splits, long most) throws IOException {
    if (shard.sequences().stream().noneMatch(each -> splits.contains(each.split()))) return;
    try (FileChannel channel = FileChannel.open(shard.states(), StandardOpenOption.READ)) {
      shards.add(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    }
    long at = 0;
    for (AnsweredPrompt each : shard.sequences()) {
      if (splits.contains(each.split())) {
        if (toPass > 0) toPass -= each.answer().length;
        else if (rows < most) add(each, at);
      }
      at += 2L * hidden * each.answer().length;
    }
  }

  private void add(AnsweredPrompt each, long at) {
    if (sequences == sequenceShard.length) {
      sequenceShard = Arrays.copyOf(sequenceShard, 2 * sequences);
      sequenceByte = Arrays.copyOf(sequenceByte, 2 * sequences);
      sequenceStart = Arrays.copyOf(sequenceStart, 2 * sequences);
      sequenceSource = Arrays.copyOf(sequenceSource, 2 * sequences);
    }
    while (rows + each.answer().length > tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * tokens.length);
      sequence = Arrays.copyOf(sequence, 2 * sequence.length);
    }
    sequenceShard[sequences] = shards.size() - 1;
    sequenceByte[sequences] = at;
    sequenceStart[sequences] = rows;
    sequenceSource[sequences] = each.source();
    for (int token : each.answer()) {
      tokens[rows] = token;
      sequence[rows++] = sequences;
    }
    sequences++;
  }

  public int rows() {
    return rows;
  }

  public int sequences() {
    return sequences;
  }

  /** The token that was chosen from row {@code row}'s state. */
  public int token(int row) {
    return tokens[row];
  }

  /** Whether both rows are there and belong to one answer. */
  public boolean together(int row, int other) {
    return other < rows && sequence[row] == sequence[other];
  }

  /** Number of the row's answer, from 0. */
  public int answer(int row) {
    return sequence[row];
  }

  /** The prompt file of the row's sequence, {@link AnsweredPrompt#OWN} for a prompt of the model's own. */
  public int source(int row) {
    return sequenceSource[sequence[row]];
  }

  /** Copies a row's state into {@code out} from index {@code at}, widened. */
  public void copyState(int row, float[] out, int at) {
    int of = sequence[row];
    MemorySegment shard = shards.get(sequenceShard[of]);
    long from = sequenceByte[of] + 2L * hidden * (row - sequenceStart[of]);
    for (int i = 0; i < hidden; i++) out[at + i] = Float.float16ToFloat(shard.get(HALF, from + 2L * i));
  }

  /** Occurrences of every token. */
  public long[] counts(int vocabulary) {
    long[] counts = new long[vocabulary];
    for (int row = 0; row < rows; row++) counts[tokens[row]]++;
    return counts;
  }

  /** Root of the mean square of the states' values, over about a thousand rows. */
  public double rootMeanSquare() {
    float[] state = new float[hidden];
    double sum = 0;
    long count = 0;
    for (int row = 0; row < rows; row += Math.max(1, rows / 1000)) {
      copyState(row, state, 0);
      for (float value : state) sum += value * value;
      count += hidden;
    }
    return count == 0 ? 1 : Math.sqrt(sum / count);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) arena.close();
  }
}
