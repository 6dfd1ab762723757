package io.headrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.weights.WeightFile;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A bench of a tiny model on the Java kernels; its clock ticks a millisecond a look, so nothing here depends on speed. */
final class WorkbenchTest {
  private static final List<Workload> LOADS =
      new WorkloadPlan(Set.of(), List.of(0, 5), List.of(3, 20), List.of(2, 4), List.of(1, 3), 6).within(64, 16, 4);

  private static Kernels kernels;
  private static Model model;
  private static Subject subject;

  private final AtomicLong clock = new AtomicLong();
  private final List<String> said = new ArrayList<>();

  @BeforeAll
  static void open() throws URISyntaxException {
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-kernels");
    kernels = Kernels.open(KernelsOptions.defaults(folder).withThreads(1).withHighestTier(Tier.JAVA));
    Path file = Path.of(WorkbenchTest.class.getResource("/io/headrace/golden/tiny/llama-q4_0.gguf").toURI());
    try (WeightFile weights = WeightFile.open(file)) {
      LoadOptions options = LoadOptions.withBlocks(Workbench.blocksNeeded(LOADS)).withLimits(16, 4, 16);
      model = Models.load(weights, kernels, options, LoadProgress.IGNORED);
    }
    subject = new Subject("tiny", model, kernels, new PassDemand(1000, 100, 1100, 10, 1));
  }

  @AfterAll
  static void close() {
    model.close();
    kernels.close();
  }

  private Workbench bench(BooleanSupplier stopped, Consumer<String> progress) {
    return new Workbench(this::tick, stopped, progress, 1 << 16);
  }

  private long tick() {
    return clock.addAndGet(10_000_000);
  }

  @Test
  void everyShapeIsTimedOnceARound() {
    try (Workbench bench = bench(() -> false, said::add)) {
      bench.add(subject, LOADS);
      BenchReport report = bench.run(3);
      assertEquals(3, report.rounds());
      BenchReport.Part part = report.parts().getFirst();
      assertEquals(LOADS, part.results().stream().map(BenchResult::load).toList());
      for (BenchResult result : part.results()) {
        assertEquals(3, result.values().count(), result.load().name());
        assertTrue(result.values().median() > 0, result.load().name());
        assertEquals(result.load() instanceof Workload.Rows, !Double.isNaN(result.factor()), result.load().name());
      }
    }
  }

  @Test
  void subjectsTakeTurnsWithinARound() {
    try (Workbench bench = bench(() -> false, said::add)) {
      List<Workload> one = List.of(new Workload.Decode(0));
      bench.add(subject, one);
      bench.add(new Subject("other", model, kernels, subject.demand()), one);
      bench.run(2);
    }
    List<String> order = said.stream().filter(line -> line.startsWith("round")).map(line -> line.replaceAll(", Java.*", "")).toList();
    assertEquals(List.of("round 1 of 2: tiny", "round 1 of 2: other", "round 2 of 2: tiny", "round 2 of 2: other"), order);
  }

  @Test
  void aStopKeepsWhatWasMeasured() {
    AtomicBoolean stop = new AtomicBoolean();
    try (Workbench bench =
        bench(
            stop::get,
            line -> {
              if (line.contains("round 2") && line.contains("prefill:20")) stop.set(true);
            })) {
      bench.add(subject, LOADS);
      BenchReport report = bench.run(5);
      assertEquals(1, report.rounds());
      Map<Boolean, List<BenchResult>> twice =
          report.parts().getFirst().results().stream()
              .collect(Collectors.partitioningBy(result -> result.values().count() == 2));
      assertEquals(List.of("decode@0", "decode@5", "prefill:3"), twice.get(true).stream().map(result -> result.load().name()).toList());
      assertEquals(LOADS.size(), twice.get(true).size() + twice.get(false).size());
    }
  }

  @Test
  void singleShapesAreTimedOnRequest() {
    try (Workbench bench = bench(() -> false, said::add)) {
      bench.add(subject, LOADS);
      for (Workload load : LOADS) assertTrue(bench.once(load) > 0, load.name());
      assertTrue(bench.once(Workload.named("rows:3@7")) > 0);
      assertThrows(IllegalArgumentException.class, () -> bench.once(Workload.named("batch:4@6")));
      assertTrue(bench.machine().bandwidthGBs() > 0);
    }
  }

  @Test
  void theTableAndTheLinesHaveEveryShape() {
    try (Workbench bench = bench(() -> false, said::add)) {
      bench.add(subject, LOADS);
      BenchReport report = bench.run(1);
      String table = BenchTable.of(report);
      assertEquals(LOADS.size(), table.lines().filter(line -> line.matches("(decode|prefill|rows|batch) .*")).count());
      assertTrue(table.contains("x 1.00 of one row"), table);
      List<String> kinds = BenchLines.of(report).stream().map(line -> (String) line.get("line")).toList();
      assertEquals("run", kinds.getFirst());
      assertEquals("subject", kinds.get(1));
      assertEquals(LOADS.size(), kinds.stream().filter("shape"::equals).count());
      assertNotNull(BenchLines.figure(report.parts().getFirst().results().getFirst()).get("median"));
      assertFalse(table.contains("NaN"), table);
    }
  }
}
