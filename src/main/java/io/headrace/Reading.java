package io.headrace;

import io.micrometer.core.instrument.Tags;
import java.util.List;
import java.util.Map;

/**
 * One number of the server.
 *
 * @param name ends in its unit
 * @param total whether it has been counted since the start; otherwise it is so now
 */
record Reading(String name, boolean total, Tags tags, double value) {
  /** Adds all of {@code numbers}. */
  static void all(Map<String, Number> numbers, boolean total, Tags tags, List<Reading> to) {
    numbers.forEach((name, number) -> to.add(new Reading(name, total, tags, number.doubleValue())));
  }
}
