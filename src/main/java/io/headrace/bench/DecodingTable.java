package io.headrace.bench;

import static io.headrace.bench.TextTable.number;
import static io.headrace.bench.TextTable.percent;

/** Lays out a report on decoding for people. */
public final class DecodingTable {
  private static final String COLUMNS = "%-20s %-24s %6s %9s %8s %8s %7s %7s %8s %8s %8s %7s   %s";

  private DecodingTable() {}

  /** The table, lines ended by line feeds. */
  public static String of(DecodingReport report) {
    TextTable table = new TextTable();
    table.line("%s, batches of %d; factors are against plain decoding of the same prompt", report.subject(), report.batch());
    table.line(
        COLUMNS, "workload", "strategy", "pairs", "equal", "tok/pass", "accepted", "N_X/N", "N_T/N", "overhead", "t/p / oh", "measured",
        "off", "median (p10 to p90), with prompt");
    boolean off = false;
    boolean unequal = false;
    for (DecodingReport.Row row : report.rows()) {
      DecodingFigures figures = row.figures();
      off |= Math.abs(figures.off()) > DecodingFigures.MOST_OFF || !figures.sum().adds();
      unequal |= figures.equal() < figures.prompts();
      Spread decode = figures.decode();
      table.line(
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
          "%s (%s to %s), %s".formatted(number(decode.median()), number(decode.p10()), number(decode.p90()), number(figures.whole().median())));
    }
    if (off) table.line("The counters do not add up, or do not explain the time within 5 %%: do not quote these figures.");
    if (unequal) table.line("Some outputs differ from plain decoding: a strategy that is exact must not.");
    return table.foreign(report.foreign()).toString();
  }
}
