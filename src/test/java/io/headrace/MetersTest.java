package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class MetersTest {
  @Test
  void whatIsAskedForInOneGoIsOfOneLook() {
    AtomicInteger looks = new AtomicInteger();
    AtomicLong clock = new AtomicLong();
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Meters.register(
        () -> {
          int look = looks.incrementAndGet();
          return List.of(
              new Reading("queued_requests", false, Tags.empty(), look),
              new Reading("decoding_passes", true, Tags.of("strategy", "plain"), 10 * look),
              new Reading("decoding_passes", true, Tags.of("strategy", "ngram"), 100 * look));
        },
        clock::get,
        registry);
    for (int scrape = 2; scrape < 5; scrape++) {
      clock.addAndGet(1_000_000_000);
      assertEquals(scrape, registry.get("headrace.queued_requests").gauge().value());
      clock.addAndGet(1_000_000);
      assertEquals(10 * scrape, registry.get("headrace.decoding_passes").tag("strategy", "plain").functionCounter().count());
      assertEquals(100 * scrape, registry.get("headrace.decoding_passes").tag("strategy", "ngram").functionCounter().count());
    }
    assertEquals(4, looks.get());
    assertEquals(List.of(Meter.Type.COUNTER, Meter.Type.COUNTER, Meter.Type.GAUGE), registry.getMeters().stream().map(meter -> meter.getId().getType()).sorted().toList());
  }
}
