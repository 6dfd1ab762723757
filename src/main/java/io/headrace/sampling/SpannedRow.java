package io.headrace.sampling;

import io.headrace.model.LogitRows;
import io.headrace.tensor.KernelFault;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One row of logits, of which only the spans that somebody asks for are read. Knows the largest logit of every span, and may be
 * changed token by token.
 *
 * <p>Thread: engine thread; scratch, reused for every choice.
 */
final class SpannedRow {
  /** Logits by token; those of a span are valid after {@link #load}. */
  final float[] values;

  /** Largest logit by span. */
  final float[] peaks;

  private final int vocabulary;
  private final int[] loaded;
  private final boolean[] changed;
  private final int[] changes;
  private int changeCount;
  private int opened;
  private LogitRows rows;
  private int row;

  /** The row with its changes; made when first needed. */
  private @Nullable MemorySegment adjusted;

  @SuppressWarnings("NullAway.Init") // rows: open() comes first
  SpannedRow(int vocabulary) {
    this.vocabulary = vocabulary;
    int spans = LogitRows.spans(vocabulary);
    values = new float[vocabulary];
    peaks = new float[spans];
    loaded = new int[spans];
    changed = new boolean[spans];
    changes = new int[spans];
  }

  /** Stands for row {@code row} of {@code rows} from now on. */
  void open(LogitRows rows, int row) {
    if (rows.vocabulary() != vocabulary) {
      throw new IllegalArgumentException(
          "rows of %d logits, expected %d".formatted(rows.vocabulary(), vocabulary));
    }
    this.rows = rows;
    this.row = row;
    for (int i = 0; i < changeCount; i++) changed[changes[i]] = false;
    changeCount = 0;
    if (++opened == 0) {
      Arrays.fill(loaded, 0);
      opened = 1;
    }
    rows.copyPeaks(row, peaks);
  }

  int vocabulary() {
    return vocabulary;
  }

  int spans() {
    return peaks.length;
  }

  /** The token behind the last of a span. */
  int end(int span) {
    return Math.min(vocabulary, (span + 1) * LogitRows.SPAN);
  }

  /**
   * The largest logit.
   *
   * @throws KernelFault if the row holds a NaN or an infinity
   */
  float largest() {
    float largest = peaks[0];
    boolean numbers = true;
    for (float peak : peaks) {
      numbers &= peak == peak;
      if (peak > largest) largest = peak;
    }
    if (!numbers) throw noNumbers();
    return largest;
  }

  /** The fault of a row that holds a NaN or an infinity. */
  static KernelFault noNumbers() {
    return new KernelFault("the model computed logits that are no finite numbers");
  }

  /** Makes the {@link #values} of a span valid. */
  void load(int span) {
    if (loaded[span] == opened) return;
    loaded[span] = opened;
    rows.copySpan(row, span, values);
  }

  float get(int token) {
    load(token / LogitRows.SPAN);
    return values[token];
  }

  void put(int token, float value) {
    int span = token / LogitRows.SPAN;
    load(span);
    float before = values[token];
    values[token] = value;
    if (!changed[span]) {
      changed[span] = true;
      changes[changeCount++] = span;
    }
    if (value >= peaks[span]) peaks[span] = value;
    else if (before >= peaks[span]) peaks[span] = peak(span);
  }

  private float peak(int span) {
    float peak = Float.NEGATIVE_INFINITY;
    for (int id = span * LogitRows.SPAN; id < end(span); id++) peak = Math.max(peak, values[id]);
    return peak;
  }

  /** The largest logit after changes, which is negative infinity if all tokens are banned. */
  float settle() {
    float largest = Float.NEGATIVE_INFINITY;
    for (float peak : peaks) largest = Math.max(largest, peak);
    return largest;
  }

  /** All logits of the row as {@link #put} left them, in one piece; valid until the next {@link #put} or {@link #open}. */
  MemorySegment whole() {
    MemorySegment raw = rows.values(row);
    if (changeCount == 0) return raw;
    if (adjusted == null) adjusted = Arena.ofAuto().allocate(4L * vocabulary, 64);
    MemorySegment.copy(raw, 0, adjusted, 0, 4L * vocabulary);
    for (int i = 0; i < changeCount; i++) {
      int first = changes[i] * LogitRows.SPAN;
      MemorySegment.copy(values, first, adjusted, ValueLayout.JAVA_FLOAT, 4L * first, end(changes[i]) - first);
    }
    return adjusted;
  }

  /** The lowest token with this logit, which is the largest. */
  int first(float largest) {
    int span = 0;
    while (peaks[span] != largest) span++;
    load(span);
    int token = span * LogitRows.SPAN;
    while (values[token] != largest) token++;
    return token;
  }
}
