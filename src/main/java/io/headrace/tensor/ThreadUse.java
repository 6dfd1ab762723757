package io.headrace.tensor;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many threads of a team compute. A team that adapts leaves a thread out while another process holds its processor, because all
 * wait for the latest; results do not depend on it.
 *
 * @param threads members of the team
 * @param active members that take part in the next pass, 1 to {@code threads}
 * @param narrowPasses passes with fewer than all members since the kernels were opened
 * @param narrowings times the team took fewer members because some were late
 * @param trials times it took more again to see whether they still are
 */
public record ThreadUse(int threads, int active, long narrowPasses, long narrowings, long trials) {
  /** A team whose members all take part always. */
  static ThreadUse all(int threads) {
    return new ThreadUse(threads, threads, 0, 0, 0);
  }

  /** What is so now, by a name that ends in its unit. */
  public Map<String, Number> gauges() {
    Map<String, Number> numbers = new LinkedHashMap<>();
    numbers.put("kernel_threads", threads);
    numbers.put("kernel_active_threads", active);
    return numbers;
  }

  /** What has been counted since the start, by a name that ends in its unit. */
  public Map<String, Number> totals() {
    Map<String, Number> numbers = new LinkedHashMap<>();
    numbers.put("kernel_narrow_passes", narrowPasses);
    numbers.put("kernel_narrowing_changes", narrowings);
    numbers.put("kernel_widening_trials", trials);
    return numbers;
  }
}
