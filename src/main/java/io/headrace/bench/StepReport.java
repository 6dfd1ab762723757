package io.headrace.bench;

import io.headrace.tensor.Kernels;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a bench of steps measured.
 *
 * @param model its name
 * @param foreign part of the processors that other processes took meanwhile, 0 to 1; empty where the system does not say
 */
public record StepReport(String model, Kernels kernels, List<StepFigures> figures, OptionalDouble foreign) {
  private static final String COLUMNS = "%-12s %9s %6s  %8s %8s %8s   %8s %8s %8s   %8s %8s   %9s";

  public StepReport {
    figures = List.copyOf(figures);
  }

  /** One map a line of JSON: the figures of each kind of sampling. */
  public List<Map<String, @Nullable Object>> lines() {
    return figures.stream().map(this::line).toList();
  }

  private Map<String, @Nullable Object> line(StepFigures each) {
    Map<String, @Nullable Object> line = each.line();
    line.put("model", model);
    line.put("tier", kernels.tier().name().toLowerCase(Locale.ROOT));
    line.put("threads", kernels.threads());
    return line;
  }

  /** A table for people, lines ended by line feeds. */
  public String table() {
    TextTable table = new TextTable();
    table.line("%s, %s", model, kernels.describe());
    table.line("between passes, microseconds: by the clock, of the engine thread's processor time, until all tokens are chosen; beside the next pass");
    table.line(COLUMNS, "sampling", "sequences", "steps", "clock", "p10", "p90", "cpu", "p10", "p90", "choosing", "beside", "bytes/tok");
    for (StepFigures each : figures) {
      Spread clock = each.clock();
      Spread cpu = each.cpu();
      table.line(
          COLUMNS, each.way(), each.sequences(), each.gaps().size(), number(clock.median()), number(clock.p10()), number(clock.p90()),
          number(cpu.median()), number(cpu.p10()), number(cpu.p90()), number(each.choosing().median()), number(each.beside().median()), number(each.bytesPerToken()));
    }
    return table.foreign(foreign).toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
