package io.headrace.bench;

import java.util.Locale;
import java.util.OptionalDouble;

/** Lines for people: English numbers, no blanks at a line's end, lines ended by line feeds. */
public final class TextTable {
  private final StringBuilder text = new StringBuilder();

  /** Adds a line, formatted as by {@link String#format}. */
  public TextTable line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values).stripTrailing()).append('\n');
    return this;
  }

  /** Says what other processes took, in [0, 1], and whether that is too much for the figures above to be quoted. */
  TextTable foreign(OptionalDouble share) {
    if (share.isEmpty()) return this;
    return line("Other processes took %.1f %% of the processors%s", share.getAsDouble() * 100, ProcessorShare.disturbs(share) ? ": too much, do not quote these figures." : ".");
  }

  /** Two decimals; nothing for NaN. */
  static String number(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", value);
  }

  /** Of a share, whole percents; nothing for NaN. */
  static String percent(double share) {
    return Double.isNaN(share) ? "" : String.format(Locale.ROOT, "%.0f %%", share * 100);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
