package io.headrace.engine;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.StrategySource;
import io.headrace.decode.UnavailableDecoding;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.kv.BlockPool;
import io.headrace.kv.PoolSnapshot;
import io.headrace.model.Model;
import io.headrace.schedule.DecodeFirst;
import io.headrace.schedule.SchedulingPolicy;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves one model: takes requests from any thread, computes them together on one thread of its
 * own, answers each by an {@link Outbox}. The thread parks when there is nothing to do.
 *
 * <p>The model is used by the engine thread only, from construction to {@link #close}; whoever
 * opened it closes it afterwards.
 *
 * <p>Thread: all public methods from any thread; none waits for a step except the constructor,
 * {@link #drain} and {@link #close}.
 */
public final class Engine implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Engine.class.getName());

  private final Model model;
  private final List<Companion> companions;
  private final EngineOptions options;
  private final Function<StopRule, StopProbe> probes;
  private final StrategySource strategies;
  private final SchedulingPolicy policy;
  private final LongSupplier nanoClock;
  private final EngineCounters counters = new EngineCounters();
  private final Mailbox mailbox = new Mailbox();
  private final Untold untold = new Untold();
  private final ConcurrentHashMap<RequestId, Sequence> live = new ConcurrentHashMap<>();
  private final Object calm = new Object();
  private final Thread thread;
  private final CompletableFuture<Integer> blocks = new CompletableFuture<>();
  private volatile boolean draining;
  private volatile boolean closing;

  /**
   * Starts the engine thread and waits until it is ready.
   *
   * @param probes makes what looks for a request's stop strings; asked only for rules that have
   *     some, on the submitting thread
   * @param nanoClock nanoseconds from an arbitrary origin, as {@link System#nanoTime}
   * @throws RuntimeException what the model throws when it makes its batch
   */
  public Engine(
      Model model,
      EngineOptions options,
      Function<StopRule, StopProbe> probes,
      LongSupplier nanoClock) {
    this(model, options, probes, nanoClock, StrategySource.ofChoice(), new DecodeFirst());
  }

  /** As above, with the strategies and the scheduling policy given. */
  public Engine(
      Model model,
      EngineOptions options,
      Function<StopRule, StopProbe> probes,
      LongSupplier nanoClock,
      StrategySource strategies,
      SchedulingPolicy policy) {
    this(model, List.of(), options, probes, nanoClock, strategies, policy);
  }

  /**
   * As above, with companions, which strategies know by number: the first is 1. They are the engine thread's as the model is.
   *
   * @throws IllegalArgumentException if a companion does not fit the model
   */
  public Engine(
      Model model,
      List<Companion> companions,
      EngineOptions options,
      Function<StopRule, StopProbe> probes,
      LongSupplier nanoClock,
      StrategySource strategies,
      SchedulingPolicy policy) {
    this.model = model;
    this.companions = List.copyOf(companions);
    this.options = options;
    this.probes = probes;
    this.strategies = strategies;
    this.policy = policy;
    this.nanoClock = nanoClock;
    thread =
        Thread.ofPlatform()
            .name("headrace-engine-" + model.card().name())
            .daemon()
            .unstarted(this::run);
    thread.start();
    try {
      blocks.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) throw cause;
      throw failed;
    }
  }

  /**
   * Queues a request.
   *
   * @return where its events will arrive
   * @throws EngineRefusal if too many wait, the engine is closing, or the model cannot be decoded as
   *     the request asks
   * @throws IllegalArgumentException if the request names tokens outside the vocabulary, is longer
   *     than the model's window, or carries the id of one that is not finished
   */
  public Outbox submit(GenerationRequest request) {
    if (draining) throw refusal(EngineRefusal.Reason.CLOSING);
    RequestCheck.check(request, model.card());
    DecodingStrategy strategy;
    try {
      strategy = strategies.strategyFor(request, model.capabilities());
    } catch (UnavailableDecoding unavailable) {
      throw new EngineRefusal(EngineRefusal.Reason.DECODING, unavailable.option(), unavailable.getMessage());
    }
    StopProbe probe = request.stop().strings().isEmpty() ? null : probes.apply(request.stop());
    var outbox = new Outbox(request.id(), untold::add);
    var sequence =
        new Sequence(
            request,
            outbox,
            strategy,
            probe,
            BlockPool.namespace(model.card().fingerprint(), request.cacheSalt()),
            model.card().contextLength(),
            Sequence.endTokens(request.stop(), options.endOfText()),
            () -> forget(request.id()),
            nanoClock.getAsLong());
    if (counters.queued.incrementAndGet() > options.maxQueued()) {
      counters.queued.decrementAndGet();
      throw refusal(EngineRefusal.Reason.FULL);
    }
    if (live.putIfAbsent(request.id(), sequence) != null) {
      counters.queued.decrementAndGet();
      throw new IllegalArgumentException(
          "request " + request.id().value() + " is not finished yet");
    }
    counters.submitted.incrementAndGet();
    if (!mailbox.post(new EngineMessage.Submit(sequence))) {
      counters.submitted.decrementAndGet();
      counters.queued.decrementAndGet();
      forget(request.id());
      throw refusal(EngineRefusal.Reason.CLOSING);
    }
    LockSupport.unpark(thread);
    return outbox;
  }

  /**
   * Ends a request; within one step its blocks are free and its outbox has Finished with reason
   * Cancelled, unless it ended otherwise before. Does nothing for one that is not there. Never
   * blocks.
   */
  public void cancel(RequestId id) {
    if (!live.containsKey(id)) return;
    if (mailbox.post(new EngineMessage.Cancel(id))) LockSupport.unpark(thread);
  }

  /** What the model lacks to be decoded as {@code choice} asks, for people; null where it lacks nothing. */
  public @Nullable String missingFor(DecodingChoice choice) {
    if (choice instanceof DecodingChoice.Auto) return null; // makes do with what there is
    GenerationRequest trial =
        new GenerationRequest(
            new RequestId("trial"),
            TokenIds.of(0),
            1,
            new Sampling.Greedy(),
            LogitAdjustments.NONE,
            StopRule.END_OF_TEXT,
            -1,
            -1,
            choice,
            "");
    try {
      strategies.strategyFor(trial, model.capabilities());
      return null;
    } catch (UnavailableDecoding unavailable) {
      return unavailable.getMessage();
    }
  }

  /** Requests that may wait at once: a call that needs more can never be served. */
  public int maxQueued() {
    return options.maxQueued();
  }

  /** The engine's numbers now. Cheap: reads counters, waits for nobody. */
  public EngineSnapshot snapshot() {
    List<String> names = new ArrayList<>(List.of(Companion.TARGET));
    for (Companion companion : companions) names.add(companion.name());
    return counters.snapshot(healthy(), blocks.join(), Model.BLOCK_TOKENS, names);
  }

  /** Whether the engine thread lives and takes requests. */
  public boolean healthy() {
    return thread.isAlive() && !draining;
  }

  /**
   * Every block of the pool, copied between two steps. Completes exceptionally if the engine closes
   * first.
   */
  public CompletableFuture<PoolSnapshot> photographPool() {
    var answer = new CompletableFuture<PoolSnapshot>();
    if (mailbox.post(new EngineMessage.Photograph(answer))) LockSupport.unpark(thread);
    else answer.completeExceptionally(new IllegalStateException("the engine is closed"));
    return answer;
  }

  /**
   * Takes no more requests and waits until those it has are finished, at most {@code patience};
   * then closes, and what is left fails with {@link Failure.ShuttingDown}.
   *
   * @return whether all finished by themselves
   */
  public boolean drain(Duration patience) throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + patience.toNanos();
    synchronized (calm) {
      while (!live.isEmpty() && thread.isAlive()) {
        long left = end - System.nanoTime();
        if (left <= 0) break;
        calm.wait(left / 1_000_000 + 1);
      }
    }
    boolean all = live.isEmpty();
    close();
    return all;
  }

  /**
   * Ends the step that runs, fails every request with {@link Failure.ShuttingDown} and stops the
   * thread. A second call waits too.
   */
  @Override
  public void close() {
    draining = true;
    closing = true;
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) Thread.currentThread().interrupt();
  }

  private EngineRefusal refusal(EngineRefusal.Reason reason) {
    counters.refused.incrementAndGet();
    return new EngineRefusal(
        reason,
        switch (reason) {
          case FULL -> "%d requests wait already; try again later".formatted(options.maxQueued());
          case CLOSING -> "the server is stopping and takes no more requests";
          case DECODING -> throw new AssertionError("says itself what is missing");
        });
  }

  private void forget(RequestId id) {
    live.remove(id);
    if (!draining || !live.isEmpty()) return;
    synchronized (calm) {
      calm.notifyAll();
    }
  }

  private void run() {
    Stepper stepper;
    try {
      stepper = new Stepper(model, companions, options, policy, nanoClock, counters, untold);
      stepper.gauge();
    } catch (Throwable failed) {
      draining = true;
      mailbox.close();
      blocks.completeExceptionally(failed);
      return;
    }
    blocks.complete(stepper.pool().blocks());
    Failure end = new Failure.ShuttingDown("the server stopped before the output was complete");
    try (var watch =
        new StepWatch(
            Thread.currentThread(), options.stepLimit(), nanoClock, StepWatch.logged(LOG))) {
      loop(stepper, watch);
    } catch (Throwable defect) {
      LOG.log(Level.ERROR, "the engine stopped on a defect", defect);
      end = new Failure.Internal("the engine stopped on a defect: " + defect);
    } finally {
      end(stepper, end);
    }
  }

  private void loop(Stepper stepper, StepWatch watch) {
    Consumer<EngineMessage> receiver = message -> receive(stepper, message);
    while (!closing) {
      mailbox.drainTo(receiver);
      if (!stepper.hasWork()) {
        stepper.gauge();
        stepper.rest();
        Thread.interrupted(); // an interrupt means nothing here and would keep park from parking
        if (mailbox.isEmpty() && !closing) LockSupport.park(this);
        continue;
      }
      watch.begin();
      try {
        stepper.step();
      } finally {
        watch.end();
        stepper.gauge();
      }
    }
  }

  private static void receive(Stepper stepper, EngineMessage message) {
    switch (message) {
      case EngineMessage.Submit(Sequence sequence) -> stepper.accept(sequence);
      case EngineMessage.Cancel(RequestId id) -> stepper.cancel(id);
      case EngineMessage.Photograph(CompletableFuture<PoolSnapshot> answer) ->
          answer.complete(stepper.photograph());
    }
  }

  /** Nothing more will be computed: every request that is still here gets its last event. */
  private void end(Stepper stepper, Failure failure) {
    draining = true;
    for (EngineMessage message : mailbox.close()) {
      switch (message) {
        case EngineMessage.Submit(Sequence sequence) -> stepper.accept(sequence);
        case EngineMessage.Cancel(RequestId id) -> stepper.cancel(id);
        case EngineMessage.Photograph(CompletableFuture<PoolSnapshot> answer) ->
            answer.completeExceptionally(new IllegalStateException("the engine is closed"));
      }
    }
    try {
      stepper.failAll(failure);
      stepper.gauge();
    } finally {
      // Only what a defect in the bookkeeping left behind.
      for (@Nullable Sequence sequence : live.values()) {
        if (sequence != null) sequence.outbox.post(new GenerationEvent.Failed(failure));
      }
      live.clear();
      untold.tell();
      synchronized (calm) {
        calm.notifyAll();
      }
    }
  }
}
