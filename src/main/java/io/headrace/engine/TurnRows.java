package io.headrace.engine;

import io.headrace.decode.ModelRows;
import io.headrace.model.LogitRows;
import io.headrace.sampling.RowEntropy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the models of a step answered to one sequence. Engine thread; reused from step to step. */
final class TurnRows implements ModelRows {
  private final @Nullable LogitWindow[] windows = new LogitWindow[MOST];
  private @Nullable RowEntropy entropy;
  private int asked;
  private int used;

  /** Starts again with no rows. */
  void begin(RowEntropy entropy) {
    this.entropy = entropy;
    asked = 0;
    used = 0;
  }

  /** Rows {@code [first, first + count)} of a model's pass. */
  void add(int model, LogitRows all, int first, int count) {
    LogitWindow window = windows[model];
    if (window == null) windows[model] = window = new LogitWindow(all);
    window.over(all, first, count);
    asked |= ModelRows.only(model);
  }

  /** The rows of the only model that was asked for; null if there are several. */
  @Nullable LogitRows only() {
    return Integer.bitCount(asked) == 1 ? windows[Integer.numberOfTrailingZeros(asked)] : null;
  }

  /** Mask of the models whose rows were looked at. */
  int used() {
    return used;
  }

  @Override
  public LogitRows of(int model) {
    LogitRows rows = window(model);
    used |= ModelRows.only(model);
    return rows;
  }

  @Override
  public double entropy(int model, int row) {
    return Objects.requireNonNull(entropy).bits(window(model), row);
  }

  private LogitWindow window(int model) {
    if (model < 0 || model >= MOST || (asked >> model & 1) == 0) {
      throw new IllegalArgumentException("model %d was not asked for".formatted(model));
    }
    return Objects.requireNonNull(windows[model]);
  }
}
