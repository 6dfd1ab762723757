package io.headrace.bench;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A report as plain maps, one a line of JSON: first the run, then a subject's machine figures, then its shapes, and so on. */
public final class BenchLines {
  private BenchLines() {}

  /** Lines whose {@code line} says what they are: {@code run}, {@code subject} or {@code shape}. Absent figures are null. */
  public static List<Map<String, @Nullable Object>> of(BenchReport report) {
    List<Map<String, @Nullable Object>> lines = new ArrayList<>();
    Map<String, @Nullable Object> run = line("run");
    run.put("rounds", report.rounds());
    run.put("foreign", rounded(report.foreign().orElse(Double.NaN)));
    run.put("disturbed", report.disturbed());
    lines.add(run);
    for (BenchReport.Part part : report.parts()) {
      lines.add(subject(part));
      for (BenchResult result : part.results()) {
        Map<String, @Nullable Object> shape = line("shape");
        shape.putAll(identity(part.subject()));
        shape.putAll(shape(result));
        lines.add(shape);
      }
    }
    return lines;
  }

  /** What is measured: model, tier, activations, threads. */
  public static Map<String, @Nullable Object> identity(Subject subject) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("model", subject.name());
    line.put("tier", subject.kernels().tier().name().toLowerCase(Locale.ROOT));
    line.put("activations", subject.model().card().activations());
    line.put("threads", subject.kernels().threads());
    return line;
  }

  private static Map<String, @Nullable Object> subject(BenchReport.Part part) {
    Map<String, @Nullable Object> line = line("subject");
    line.putAll(identity(part.subject()));
    line.put("kernels", part.subject().kernels().describe());
    line.put("weightBytesRead", part.subject().demand().weightBytes());
    line.put("weightBytesHeld", part.subject().model().card().weightBytes());
    line.put("kvBytesPerToken", part.subject().demand().kvBytesPerToken());
    line.put("bandwidthGBs", counted(part.bandwidth()));
    line.put("peakTops", counted(part.peak()));
    return line;
  }

  /** The figures of a shape. */
  public static Map<String, @Nullable Object> shape(BenchResult result) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("shape", result.load().name());
    line.put("what", result.load().what());
    line.put("depth", result.load().depth());
    line.put("n", result.load().n());
    line.put("unit", result.load().unit());
    line.putAll(counted(result.values()));
    line.put("bound", rounded(result.bound()));
    line.put("limit", result.limit());
    line.put("share", rounded(result.share()));
    line.put("factor", rounded(result.factor()));
    return line;
  }

  /** The figures of a shape that are worth keeping for years. */
  public static Map<String, @Nullable Object> figure(BenchResult result) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("shape", result.load().name());
    line.put("unit", result.load().unit());
    line.putAll(spread(result.values()));
    if (!Double.isNaN(result.share())) line.put("share", rounded(result.share()));
    if (!Double.isNaN(result.factor())) line.put("factor", rounded(result.factor()));
    return line;
  }

  private static Map<String, @Nullable Object> line(String kind) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("line", kind);
    return line;
  }

  /** Median, tenth and ninetieth percentile. */
  static Map<String, @Nullable Object> spread(Spread spread) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("median", rounded(spread.median()));
    line.put("p10", rounded(spread.p10()));
    line.put("p90", rounded(spread.p90()));
    return line;
  }

  private static Map<String, @Nullable Object> counted(Spread spread) {
    Map<String, @Nullable Object> line = spread(spread);
    line.put("count", spread.count());
    return line;
  }

  /** Five significant digits; null for NaN, which JSON does not have. */
  public static @Nullable Double rounded(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) return null;
    return new BigDecimal(value).round(new MathContext(5)).doubleValue();
  }
}
