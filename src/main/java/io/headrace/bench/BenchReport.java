package io.headrace.bench;

import java.util.List;
import java.util.OptionalDouble;

/**
 * What a bench measured.
 *
 * @param rounds that every subject completed
 * @param foreign part of the machine's processors that other processes took meanwhile, 0 to 1; empty where the system does not say
 */
public record BenchReport(int rounds, OptionalDouble foreign, List<Part> parts) {
  /** One subject's figures; bandwidth in GB/s and integer peak in Top/s are those before and after each of its shapes. */
  public record Part(Subject subject, Spread bandwidth, Spread peak, List<BenchResult> results) {}

  /** Whether other processes took too much for the figures to be quoted. */
  public boolean disturbed() {
    return ProcessorShare.disturbs(foreign);
  }
}
