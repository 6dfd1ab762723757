package io.headrace.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a bench of decoding measured.
 *
 * @param subject model, kernels and how was sampled, for people
 * @param foreign part of the processors that other processes took meanwhile, 0 to 1; empty where the system does not say
 */
public record DecodingReport(String subject, int batch, List<DecodingPair> pairs, OptionalDouble foreign) {
  public DecodingReport {
    pairs = List.copyOf(pairs);
  }

  /** A row of the table: a strategy on a workload, with or without the groups that loop. */
  public record Row(String workload, String strategy, boolean loops, DecodingFigures figures) {}

  /** Workload after workload, strategies in the order in which they were asked for; where a group loops, a second row leaves such out. */
  public List<Row> rows() {
    Set<String> workloads = new LinkedHashSet<>();
    Set<String> strategies = new LinkedHashSet<>();
    for (DecodingPair pair : pairs) {
      workloads.add(pair.workload());
      strategies.add(pair.strategy());
    }
    List<Row> rows = new ArrayList<>();
    for (String workload : workloads) {
      for (String strategy : strategies) {
        List<DecodingPair> all =
            pairs.stream().filter(pair -> pair.workload().equals(workload) && pair.strategy().equals(strategy)).toList();
        List<DecodingPair> straight = all.stream().filter(pair -> !pair.looping()).toList();
        if (!all.isEmpty()) rows.add(new Row(workload, strategy, true, DecodingFigures.of(all)));
        if (!straight.isEmpty() && straight.size() < all.size()) rows.add(new Row(workload, strategy, false, DecodingFigures.of(straight)));
      }
    }
    return rows;
  }

  /** One map a line of JSON: the run, every pair, every row. */
  public List<Map<String, @Nullable Object>> lines() {
    List<Map<String, @Nullable Object>> lines = new ArrayList<>();
    Map<String, @Nullable Object> run = new LinkedHashMap<>();
    run.put("line", "run");
    run.put("subject", subject);
    run.put("batch", batch);
    run.put("foreign", BenchLines.rounded(foreign.orElse(Double.NaN)));
    lines.add(run);
    for (DecodingPair pair : pairs) {
      Map<String, @Nullable Object> line = named("pair", pair.workload(), pair.strategy());
      line.put("group", pair.group());
      line.put("prompts", pair.prompts());
      line.put("equal", pair.equal());
      line.put("looping", pair.looping());
      line.put("decodeRatio", BenchLines.rounded(pair.decodeRatio()));
      line.put("wholeRatio", BenchLines.rounded(pair.wholeRatio()));
      line.put("plain", run(pair.plain()));
      line.put("other", run(pair.other()));
      lines.add(line);
    }
    for (Row row : rows()) {
      Map<String, @Nullable Object> line = named("row", row.workload(), row.strategy());
      DecodingFigures figures = row.figures();
      line.put("loops", row.loops());
      line.put("pairs", figures.pairs());
      line.put("prompts", figures.prompts());
      line.put("equal", figures.equal());
      line.put("tokensPerPass", BenchLines.rounded(figures.tokensPerPass()));
      line.put("accepted", BenchLines.rounded(figures.accepted()));
      line.put("discardRate", BenchLines.rounded(figures.discardRate()));
      line.put("verificationRate", BenchLines.rounded(figures.verificationRate()));
      line.put("overhead", BenchLines.rounded(figures.overhead()));
      line.put("predicted", BenchLines.rounded(figures.predicted()));
      line.put("total", BenchLines.rounded(figures.total()));
      line.put("off", BenchLines.rounded(figures.off()));
      line.put("decode", BenchLines.spread(figures.decode()));
      line.put("whole", BenchLines.spread(figures.whole()));
      lines.add(line);
    }
    return lines;
  }

  private static Map<String, @Nullable Object> named(String kind, String workload, String strategy) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("line", kind);
    line.put("workload", workload);
    line.put("strategy", strategy);
    return line;
  }

  private static Map<String, @Nullable Object> run(DecodingRun run) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("tokens", run.tokens());
    line.put("passes", run.passes());
    line.put("drafted", run.drafted());
    line.put("discarded", run.discarded());
    line.put("engineSeconds", BenchLines.rounded(run.engineSeconds()));
    line.put("decodeSeconds", BenchLines.rounded(run.decodeSeconds()));
    line.put("wholeSeconds", BenchLines.rounded(run.wholeSeconds()));
    return line;
  }
}
