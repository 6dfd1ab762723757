package io.headrace.bench;

import java.util.List;
import java.util.Locale;

/** Lays out results for people. */
public final class BenchTable {
  private BenchTable() {}

  public static String of(Workbench.Measured measured) {
    StringBuilder out = new StringBuilder();
    out.append(line("memory bandwidth %.1f GB/s (all threads, same rounds), integer peak %.2f Top/s", measured.bandwidthGBs(), measured.peakTops()));
    measured
        .foreign()
        .ifPresent(
            share ->
                out.append(
                    line("other processes took %.0f %% of the processors%s", share * 100, share > 0.05 ? ": too much for figures to be quoted" : "")));
    out.append(line("%-9s %6s %6s %10s %10s %10s  %-6s %s", "what", "depth", "n", "median", "p10", "p90", "unit", "of bandwidth"));
    List<BenchResult> results = measured.results();
    double oneRow = results.stream().filter(r -> r.what().equals("rows") && r.n() == 1).mapToDouble(BenchResult::median).findFirst().orElse(Double.NaN);
    for (BenchResult r : results) {
      String note = Double.isNaN(r.share()) ? "" : String.format(Locale.ROOT, "%.0f %%", r.share() * 100);
      if (r.what().equals("rows") && !Double.isNaN(oneRow)) note += String.format(Locale.ROOT, "   %.2f x one row", r.median() / oneRow);
      out.append(line("%-9s %6d %6d %10.2f %10.2f %10.2f  %-6s %s", r.what(), r.depth(), r.n(), r.median(), r.p10(), r.p90(), r.unit(), note));
    }
    return out.toString();
  }

  private static String line(String format, Object... values) {
    return String.format(Locale.ROOT, format, values).stripTrailing() + "\n";
  }
}
