package io.headrace.bench;

import java.util.Locale;

/** Lays out a report for people. */
public final class BenchTable {
  private static final String COLUMNS = "%-8s %6s %5s %9s %9s %9s  %-6s %9s %9s  %s";

  private BenchTable() {}

  /** The table, lines ended by line feeds. */
  public static String of(BenchReport report) {
    StringBuilder out = new StringBuilder();
    for (BenchReport.Part part : report.parts()) {
      out.append(part.subject().label()).append('\n');
      if (part.results().isEmpty()) {
        out.append("nothing was measured\n\n");
        continue;
      }
      out.append(
          line(
              "memory %.1f GB/s (%.1f to %.1f), integer peak %.2f Top/s (%.2f to %.2f), all threads, before and after every shape of %d rounds",
              part.bandwidth().median(), part.bandwidth().p10(), part.bandwidth().p90(), part.peak().median(), part.peak().p10(),
              part.peak().p90(), report.rounds()));
      out.append(line(COLUMNS, "what", "depth", "n", "median", "p10", "p90", "unit", "bound", "reached", ""));
      for (BenchResult result : part.results()) out.append(row(result));
      out.append('\n');
    }
    report
        .foreign()
        .ifPresent(
            share ->
                out.append(
                    line(
                        "Other processes took %.1f %% of the processors%s",
                        share * 100, report.disturbed() ? ": too much, do not quote these figures." : ".")));
    return out.toString();
  }

  private static String row(BenchResult result) {
    Workload load = result.load();
    Spread values = result.values();
    boolean bounded = !Double.isNaN(result.bound());
    String note = bounded ? "of " + result.limit() : "";
    if (!Double.isNaN(result.factor())) note += "   x %.2f of one row".formatted(result.factor());
    return line(
        COLUMNS, load.what(), load.depth(), load.n(), number(values.median()), number(values.p10()), number(values.p90()), load.unit(),
        bounded ? number(result.bound()) : "", bounded ? String.format(Locale.ROOT, "%.0f %%", result.share() * 100) : "", note);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values).stripTrailing() + "\n";
  }
}
