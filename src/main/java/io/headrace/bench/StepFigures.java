package io.headrace.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What lay between the passes of one kind of sampling.
 *
 * @param way how tokens were chosen
 * @param sequences that decoded together
 */
public record StepFigures(String way, int sequences, List<StepMeter.Gap> gaps) {
  private static final String COLUMNS = "%-12s %9s %6s  %8s %8s %8s   %8s %8s %8s   %8s   %9s\n";

  public StepFigures {
    gaps = List.copyOf(gaps);
  }

  /** Microseconds by the clock. */
  public Spread clock() {
    return micros(StepMeter.Gap::nanos);
  }

  /** Microseconds of the engine thread's processor time: what the clock would show if nobody else ran. */
  public Spread cpu() {
    return micros(StepMeter.Gap::cpu);
  }

  /** Microseconds by the clock until the last token was chosen. */
  public Spread choosing() {
    return micros(StepMeter.Gap::choosing);
  }

  /** Bytes that the engine thread allocates for a token: the median step's. */
  public double bytesPerToken() {
    return Spread.median(gaps.stream().map(gap -> (double) gap.bytes() / sequences).toList());
  }

  private Spread micros(ToLongFunction<StepMeter.Gap> what) {
    return Spread.of(gaps.stream().map(gap -> what.applyAsLong(gap) / 1e3).toList());
  }

  /** A line of JSON. */
  public Map<String, @Nullable Object> line() {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("line", "shape");
    line.put("shape", "steps:" + sequences);
    line.put("way", way);
    line.put("n", sequences);
    line.put("steps", gaps.size());
    line.put("unit", "us");
    put(line, "clock", clock());
    put(line, "cpu", cpu());
    put(line, "choosing", choosing());
    line.put("bytesPerToken", BenchLines.rounded(bytesPerToken()));
    return line;
  }

  private static void put(Map<String, @Nullable Object> line, String name, Spread spread) {
    line.put(name, BenchLines.rounded(spread.median()));
    line.put(name + "P10", BenchLines.rounded(spread.p10()));
    line.put(name + "P90", BenchLines.rounded(spread.p90()));
  }

  /** A table for people, lines ended by line feeds. */
  public static String table(List<StepFigures> all) {
    StringBuilder out = new StringBuilder("between passes, microseconds: by the clock, of the engine thread's processor time, until all tokens are chosen\n");
    out.append(
        format(COLUMNS, "sampling", "sequences", "steps", "clock", "p10", "p90", "cpu", "p10", "p90", "choosing", "bytes/tok"));
    for (StepFigures figures : all) {
      Spread clock = figures.clock();
      Spread cpu = figures.cpu();
      out.append(
          format(
              COLUMNS, figures.way, figures.sequences, figures.gaps.size(), number(clock.median()), number(clock.p10()), number(clock.p90()),
              number(cpu.median()), number(cpu.p10()), number(cpu.p90()), number(figures.choosing().median()), number(figures.bytesPerToken())));
    }
    return out.toString();
  }

  private static String number(double value) {
    return format("%.1f", value);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
