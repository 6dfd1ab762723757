package io.headrace.bench;

import io.headrace.bench.BenchResult.Sample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Times shapes on subjects, in turn: a round is every shape of every subject once, with the machine's bandwidth and integer peak
 * measured before and after each shape. Thread: the subjects' engine thread.
 */
public final class Workbench implements AutoCloseable {
  /** A subject with what times it. */
  private static final class Stand {
    final Subject subject;
    final List<Workload> loads;
    final PassTimer timer;
    final MachineProbe probe;
    final Map<Workload, List<Sample>> samples = new LinkedHashMap<>();
    final List<Double> bandwidth = new ArrayList<>();
    final List<Double> peak = new ArrayList<>();

    Stand(Subject subject, List<Workload> loads, PassTimer timer, MachineProbe probe) {
      this.subject = subject;
      this.loads = loads;
      this.timer = timer;
      this.probe = probe;
      for (Workload load : loads) samples.put(load, new ArrayList<>());
    }

    MachineSpeed measure() {
      MachineSpeed speed = probe.measure();
      bandwidth.add(speed.bandwidthGBs());
      peak.add(speed.peakTops());
      return speed;
    }
  }

  private final List<Stand> stands = new ArrayList<>();
  private final LongSupplier nanoClock;
  private final BooleanSupplier stopped;
  private final Consumer<String> progress;
  private final long probeBytes;

  /**
   * @param stopped asked before every pass; once true, the bench ends with what it has
   * @param progress told what is being measured
   */
  public Workbench(LongSupplier nanoClock, BooleanSupplier stopped, Consumer<String> progress) {
    this(nanoClock, stopped, progress, MachineProbe.BYTES);
  }

  /** One that reads {@code probeBytes} for its bandwidth figure. */
  Workbench(LongSupplier nanoClock, BooleanSupplier stopped, Consumer<String> progress, long probeBytes) {
    this.nanoClock = nanoClock;
    this.stopped = stopped;
    this.progress = progress;
    this.probeBytes = probeBytes;
  }

  /** Blocks of keys and values that a model must have for these shapes. */
  public static int blocksNeeded(List<Workload> loads) {
    return Math.max(1, BlockLayout.of(loads).blocks());
  }

  /** Adds a model and what to time on it; it must have {@link #blocksNeeded} blocks. */
  public void add(Subject subject, List<Workload> loads) {
    PassTimer timer = new PassTimer(subject.model(), BlockLayout.of(loads), nanoClock, stopped);
    stands.add(new Stand(subject, loads, timer, new MachineProbe(subject.kernels(), nanoClock, probeBytes)));
  }

  /** Times everything {@code runs} times after a round that does not count. */
  public BenchReport run(int runs) {
    ProcessorShare share = new ProcessorShare();
    int complete = 0;
    try {
      for (Stand stand : stands) {
        progress.accept("warming up: " + stand.subject.label());
        for (List<Workload> group : groups(stand.loads)) time(stand, group);
      }
      share = new ProcessorShare();
      for (; complete < runs; complete++) {
        for (Stand stand : stands) turn(stand, "round %d of %d: ".formatted(complete + 1, runs));
      }
    } catch (CancellationException enough) {
      progress.accept("stopped");
    }
    List<BenchReport.Part> parts = new ArrayList<>();
    for (Stand stand : stands) {
      List<BenchResult> results = new ArrayList<>();
      stand.samples.forEach(
          (load, samples) -> {
            if (!samples.isEmpty()) results.add(BenchResult.of(load, samples));
          });
      parts.add(new BenchReport.Part(stand.subject, Spread.of(stand.bandwidth), Spread.of(stand.peak), results));
    }
    return new BenchReport(complete, share.foreign(), parts);
  }

  /** Times one shape once on the only subject; seconds of a pass, or of a whole prompt. For a caller that keeps its own rounds. */
  public double once(Workload load) {
    Stand stand = stands.getFirst();
    if (stand.loads.stream().noneMatch(load::equals) && !BlockLayout.of(stand.loads).holds(load)) {
      throw new IllegalArgumentException("%s does not fit what this bench was started for".formatted(load.name()));
    }
    return stand.timer.seconds(load);
  }

  /** What the machine can do now with the threads of the only subject. */
  public MachineSpeed machine() {
    return stands.getFirst().probe.measure();
  }

  /** One subject's part of a round. What was timed before a stop counts. */
  private void turn(Stand stand, String prefix) {
    Map<Workload, Double> times = new LinkedHashMap<>();
    MachineSpeed before = stand.measure();
    for (List<Workload> group : groups(stand.loads)) {
      progress.accept(prefix + stand.subject.label() + ", " + group.getFirst().name() + (group.size() > 1 ? " and more rows" : ""));
      Map<Workload, Double> timed = time(stand, group);
      MachineSpeed after = stand.measure();
      MachineSpeed machine = before.mean(after);
      times.putAll(timed);
      timed.forEach(
          (load, seconds) -> {
            Bound bound = stand.subject.demand().bound(load, machine, stand.timer.chunk());
            stand.samples.get(load).add(new Sample(seconds, bound, oneRow(load, times)));
          });
      before = after;
    }
  }

  private static double oneRow(Workload load, Map<Workload, Double> times) {
    return load instanceof Workload.Rows(int _, int depth) ? times.getOrDefault(new Workload.Rows(1, depth), Double.NaN) : Double.NaN;
  }

  private Map<Workload, Double> time(Stand stand, List<Workload> group) {
    Map<Workload, Double> times = new LinkedHashMap<>();
    if (group.getFirst() instanceof Workload.Rows) {
      List<Double> seconds = stand.timer.rows(group.stream().map(Workload.Rows.class::cast).toList());
      for (int i = 0; i < group.size(); i++) times.put(group.get(i), seconds.get(i));
    } else {
      times.put(group.getFirst(), stand.timer.seconds(group.getFirst()));
    }
    return times;
  }

  /** Rows of one depth together, everything else alone. */
  static List<List<Workload>> groups(List<Workload> loads) {
    List<List<Workload>> groups = new ArrayList<>();
    for (Workload load : loads) {
      boolean joins =
          !groups.isEmpty()
              && load instanceof Workload.Rows(int _, int depth)
              && groups.getLast().getFirst() instanceof Workload.Rows(int _, int before)
              && depth == before;
      if (!joins) groups.add(new ArrayList<>());
      groups.getLast().add(load);
    }
    return groups;
  }

  @Override
  public void close() {
    for (Stand stand : stands) stand.probe.close();
  }
}
