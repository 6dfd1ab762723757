package io.headrace.bench;

import java.util.LinkedHashMap;
import java.util.List;
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

  /** Microseconds by the clock that the engine thread came late to the pass after it, the others computing already. */
  public Spread beside() {
    return micros(StepMeter.Gap::beside);
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
    put(line, "beside", beside());
    line.put("bytesPerToken", BenchLines.rounded(bytesPerToken()));
    return line;
  }

  private static void put(Map<String, @Nullable Object> line, String name, Spread spread) {
    line.put(name, BenchLines.rounded(spread.median()));
    line.put(name + "P10", BenchLines.rounded(spread.p10()));
    line.put(name + "P90", BenchLines.rounded(spread.p90()));
  }
}
