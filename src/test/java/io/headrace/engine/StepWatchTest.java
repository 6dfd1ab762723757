package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A step that takes too long is told. */
@Timeout(120)
final class StepWatchTest {
  @Test
  void aSlowStepIsReportedOnceWithTheEnginesStack() throws Exception {
    var clock = new AtomicLong();
    var reported = new LinkedBlockingQueue<String>();
    try (var watch =
        new StepWatch(
            Thread.currentThread(),
            Duration.ofMillis(2),
            clock::get,
            (number, running, stack) ->
                reported.add(number + " " + running.toMillis() + " " + stack.length))) {
      watch.begin();
      watch.end();
      watch.begin();
      clock.set(5_000_000);
      String report = reported.poll(60, TimeUnit.SECONDS);
      watch.end();
      assertTrue(report != null && report.startsWith("1 5 "), report);
      assertTrue(reported.isEmpty());
    }
  }
}
