package io.headrace;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The server's numbers in a registry that asks for each of them apart: all that it asks for in one go are of one moment, and cost one look.
 *
 * <p>Thread: any.
 */
final class Meters {
  /** Longer than a registry takes to ask for all, shorter than anybody waits between two scrapes. */
  private static final long MOMENT = 10_000_000;

  private final Supplier<List<Reading>> server;
  private final LongSupplier nanoClock;
  private List<Reading> last;
  private long lookedAt;

  private Meters(Supplier<List<Reading>> server, LongSupplier nanoClock) {
    this.server = server;
    this.nanoClock = nanoClock;
    last = server.get();
    lookedAt = nanoClock.getAsLong();
  }

  /**
   * Registers everything under {@code headrace.} and its name.
   *
   * @param server looks at every number; always the same ones in the same order
   * @param nanoClock as {@link System#nanoTime}
   */
  static void register(Supplier<List<Reading>> server, LongSupplier nanoClock, MeterRegistry registry) {
    Meters meters = new Meters(server, nanoClock);
    // Functions of a registry hold weakly what they ask; the gauges hold it for all.
    for (int i = 0; i < meters.last.size(); i++) {
      int at = i;
      Reading reading = meters.last.get(i);
      String name = "headrace." + reading.name();
      if (reading.total()) FunctionCounter.builder(name, meters, all -> all.value(at)).tags(reading.tags()).register(registry);
      else Gauge.builder(name, meters, all -> all.value(at)).tags(reading.tags()).strongReference(true).register(registry);
    }
  }

  private synchronized double value(int at) {
    long now = nanoClock.getAsLong();
    if (now - lookedAt > MOMENT) {
      last = server.get();
      lookedAt = now;
    }
    return last.get(at).value();
  }
}
