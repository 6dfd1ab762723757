package io.headrace.bench;

/** Lays out a report for people. */
public final class BenchTable {
  private static final String COLUMNS = "%-8s %6s %5s %9s %9s %9s  %-6s %9s %9s  %s";

  private BenchTable() {}

  /** The table, lines ended by line feeds. */
  public static String of(BenchReport report) {
    TextTable table = new TextTable();
    for (BenchReport.Part part : report.parts()) {
      table.line("%s", part.subject().label());
      if (part.results().isEmpty()) {
        table.line("nothing was measured").line("");
        continue;
      }
      table.line(
          "memory %.1f GB/s (%.1f to %.1f), integer peak %.2f Top/s (%.2f to %.2f), all threads, before and after every shape of %d rounds",
          part.bandwidth().median(), part.bandwidth().p10(), part.bandwidth().p90(), part.peak().median(), part.peak().p10(),
          part.peak().p90(), report.rounds());
      table.line(COLUMNS, "what", "depth", "n", "median", "p10", "p90", "unit", "bound", "reached", "");
      for (BenchResult result : part.results()) row(table, result);
      table.line("");
    }
    return table.foreign(report.foreign()).toString();
  }

  private static void row(TextTable table, BenchResult result) {
    Workload load = result.load();
    Spread values = result.values();
    String note = Double.isNaN(result.bound()) ? "" : "of " + result.limit();
    if (!Double.isNaN(result.factor())) note += "   x %s of one row".formatted(TextTable.number(result.factor()));
    table.line(
        COLUMNS, load.what(), load.depth(), load.n(), TextTable.number(values.median()), TextTable.number(values.p10()),
        TextTable.number(values.p90()), load.unit(), TextTable.number(result.bound()), TextTable.percent(result.share()), note);
  }
}
