package io.headrace.bench;

import java.util.Locale;

/** Lays out a report on decoding for people. */
public final class DecodingTable {
  private static final String COLUMNS = "%-20s %-24s %6s %9s %8s %8s %7s %7s %8s %8s %8s %7s   %s";

  private DecodingTable() {}

  /** The table, lines ended by line feeds. */
  public static String of(DecodingReport report) {
    StringBuilder out = new StringBuilder(line("%s, batches of %d; factors are against plain decoding of the same prompt", report.subject(), report.batch()));
    out.append(
        line(
            COLUMNS, "workload", "strategy", "pairs", "equal", "tok/pass", "accepted", "N_X/N", "N_T/N", "overhead", "t/p / oh", "measured",
            "off", "median (p10 to p90), with prompt"));
    boolean off = false;
    boolean unequal = false;
    for (DecodingReport.Row row : report.rows()) {
      DecodingFigures figures = row.figures();
      off |= Math.abs(figures.off()) > DecodingFigures.MOST_OFF || !figures.sum().adds();
      unequal |= figures.equal() < figures.prompts();
      out.append(
          line(
              COLUMNS,
              row.workload() + (row.loops() ? "" : " (no loops)"),
              row.strategy(),
              figures.pairs(),
              figures.equal() + "/" + figures.prompts(),
              number(figures.tokensPerPass()),
              percent(figures.accepted()),
              number(figures.discardRate()),
              number(figures.verificationRate()),
              number(figures.overhead()),
              number(figures.predicted()),
              number(figures.total()),
              percent(figures.off()),
              "%s (%s to %s), %s"
                  .formatted(
                      number(figures.decode().median()), number(figures.decode().p10()), number(figures.decode().p90()),
                      number(figures.whole().median()))));
    }
    if (off) out.append("The counters do not add up, or do not explain the time within 5 %: do not quote these figures.\n");
    if (unequal) out.append("Some outputs differ from plain decoding: a strategy that is exact must not.\n");
    report
        .foreign()
        .ifPresent(
            share ->
                out.append(
                    line(
                        "Other processes took %.1f %% of the processors%s",
                        share * 100, share > BenchReport.MOST_FOREIGN ? ": too much, do not quote these figures." : ".")));
    return out.toString();
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.2f", value);
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "" : String.format(Locale.ROOT, "%.0f %%", share * 100);
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values).stripTrailing() + "\n";
  }
}
