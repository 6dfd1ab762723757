package io.headrace.engine;

import io.headrace.decode.ModelRows;
import io.headrace.engine.EngineCounters.Count;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.RequestId;
import io.headrace.kv.BlockPool;
import io.headrace.kv.BlockTable;
import io.headrace.kv.PoolSnapshot;
import io.headrace.kv.Reservation;
import io.headrace.kv.WriteClaims;
import io.headrace.model.Model;
import io.headrace.sampling.LogProbabilities;
import io.headrace.sampling.PickerScratch;
import io.headrace.sampling.RowEntropy;
import io.headrace.sampling.TokenPicker;
import io.headrace.schedule.SchedulingPolicy;
import io.headrace.schedule.StepPlan;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Advances all sequences of a model by one step at a time: plan, propose, reserve, run, judge,
 * commit. Has no thread of its own. A step runs one pass for each model that its sequences want: of most the
 * target's alone.
 *
 * <p><b>Transaction.</b> Up to the commit line a step has changed nothing but memory that nobody
 * reads: blocks lent by the reservation, slots behind the computed tokens. What throws before it
 * ends the sequence it belongs to, or, from the pass itself, all sequences of the pass; closing the
 * reservation takes every lent block back.
 *
 * <p>Thread: engine thread.
 */
final class Stepper {
  private static final System.Logger LOG = System.getLogger(Stepper.class.getName());

  private final int vocabulary;
  private final EngineOptions options;
  private final LongSupplier nanoClock;
  private final EngineCounters counters;
  private final BlockPool pool;
  private final Passes passes;
  private final Untold untold;
  private final Runnable meanwhile;
  private final WriteClaims claims;
  private final Planner planner;
  private final PickerScratch scratch;
  private final LogProbabilities probabilities;
  private final RowEntropy entropy;
  private final SequenceTable sequences = new SequenceTable();
  private final List<Turn> turns = new ArrayList<>();
  private final List<RequestId> failed = new ArrayList<>();

  /** When the last pass returned, if the thread has not rested since. */
  private long passEnded;

  private boolean rested = true;

  /** The last outcome without failures; most steps have as many rows as the one before. */
  private StepOutcome.Committed smooth = new StepOutcome.Committed(0, List.of());

  Stepper(
      Model model,
      EngineOptions options,
      SchedulingPolicy policy,
      LongSupplier nanoClock,
      EngineCounters counters) {
    this(model, List.of(), options, policy, nanoClock, counters, new Untold());
  }

  /**
   * @param untold is told during every pass, and when the thread {@linkplain #rest rests}
   * @throws IllegalArgumentException if a companion does not fit the model
   */
  Stepper(
      Model model,
      List<Companion> companions,
      EngineOptions options,
      SchedulingPolicy policy,
      LongSupplier nanoClock,
      EngineCounters counters,
      Untold untold) {
    this.options = options;
    this.nanoClock = nanoClock;
    this.counters = counters;
    vocabulary = model.card().vocabulary();
    pool = new BlockPool(model.blocks(), Model.BLOCK_TOKENS);
    passes = new Passes(model, companions);
    this.untold = untold;
    meanwhile = untold::tell;
    claims = new WriteClaims(pool, passes.count());
    planner = new Planner(model, options, policy, pool, passes, sequences);
    scratch = new PickerScratch(vocabulary, model.weigher());
    probabilities = new LogProbabilities(vocabulary, model.weigher());
    entropy = new RowEntropy(vocabulary, model.weigher());
  }

  BlockPool pool() {
    return pool;
  }

  PoolSnapshot photograph() {
    return pool.snapshot();
  }

  /** Whether any sequence runs or waits. */
  boolean hasWork() {
    return !sequences.isEmpty();
  }

  /** Takes a request in. One that could never have enough blocks fails at once. */
  void accept(Sequence sequence) {
    sequences.add(sequence);
    int needed = pool.blocksFor(sequence.mostComputed());
    if (needed > pool.blocks()) {
      fail(
          sequence,
          new Failure.OutOfKvMemory(
              ("prompt and output of %d tokens need %d blocks of key/value memory, the server has %d;"
                      + " ask for fewer output tokens, or start the server with more memory for"
                      + " keys and values")
                  .formatted(sequence.limit, needed, pool.blocks())));
      return;
    }
    try {
      sequence.picker = picker(sequence);
    } catch (RuntimeException | Error defect) {
      failFor(sequence, defect);
    }
  }

  private TokenPicker picker(Sequence sequence) {
    var picker =
        new TokenPicker(
            sequence.request.sampling(),
            sequence.request.adjustments(),
            sequence.endTokens,
            sequence.request.stop().minTokens(),
            scratch);
    picker.prompt(sequence.tokens(), sequence.promptSize());
    return picker;
  }

  /** Ends a request if it is still here; its blocks are back when this returns. */
  void cancel(RequestId id) {
    Sequence sequence = sequences.find(id);
    if (sequence != null) finish(sequence, new FinishReason.Cancelled(), nanoClock.getAsLong());
  }

  /** Ends every request. */
  void failAll(Failure failure) {
    for (Sequence sequence : sequences.everything()) fail(sequence, failure);
  }

  /** Computes one pass, or says that there is nothing to compute. */
  StepOutcome step() {
    StepPlan plan = plan();
    if (plan instanceof StepPlan.Run(int[] grants, int[] admitted)) return run(grants, admitted);
    if (plan instanceof StepPlan.Idle(StepPlan.IdleReason reason)) {
      if (hasWork()) throw stuck();
      return new StepOutcome.Idle(reason);
    }
    throw new AssertionError("preemptions are carried out while planning");
  }

  /**
   * Every request here fits into the pool alone, so a step without work is a defect; going round
   * for ever would hide it.
   */
  private IllegalStateException stuck() {
    return new IllegalStateException(
        "%d sequences run, %d wait and none got a token"
            .formatted(sequences.running().size(), sequences.waiting().size()));
  }

  private StepPlan plan() {
    boolean admit = true;
    for (int i = 0; passes.count() > 1 && i < sequences.running().size(); i++) catchUp(sequences.running().get(i));
    while (true) {
      StepPlan plan = planner.plan(admit);
      if (!(plan instanceof StepPlan.Preempt(int victim))) return plan;
      preempt(sequences.running().get(victim));
      admit = false;
    }
  }

  /** What others that hold the same blocks had a companion compute is computed for this one too. */
  private void catchUp(Sequence sequence) {
    int wanted = sequence.wanted();
    for (int model = 1; wanted >> model != 0; model++) {
      if ((wanted >> model & 1) == 0) continue;
      sequence.computed(model, pool.computedBeyond(Objects.requireNonNull(sequence.table), model, sequence.computed(model)));
    }
  }

  private void preempt(Sequence sequence) {
    pool.release(Objects.requireNonNull(sequence.table));
    sequence.table = null;
    sequence.forget();
    sequence.preemptions++;
    counters.add(Count.PREEMPTIONS, 1);
    sequences.preempt(sequence);
    try {
      sequence.turn.rebase(sequence.size(), passes.count());
    } catch (RuntimeException | Error defect) {
      failFor(sequence, defect);
    }
  }

  private StepOutcome run(int[] grants, int[] admitted) {
    long begun = nanoClock.getAsLong();
    turns.clear();
    claims.begin();
    for (int i = 0; i < grants.length; i++) {
      if (grants[i] > 0) begin(sequences.running().get(i).turn, grants[i]);
    }
    for (int grant : admitted) {
      Sequence sequence = sequences.admitFirst();
      begin(sequence);
      begin(sequence.turn, grant);
    }
    if (turns.isEmpty()) throw stuck();
    failed.clear();
    DraftTerms terms = planner.terms(turns);
    for (int i = 0; i < turns.size(); i++) turns.get(i).prepare(terms, nanoClock);
    for (int i = 0; i < turns.size(); i++) turns.get(i).propose(vocabulary, terms, nanoClock);
    dropFailed();
    if (turns.isEmpty()) return new StepOutcome.Committed(0, List.copyOf(failed));

    int rows;
    try (Reservation blocks = pool.reserve(growth())) {
      passes.clear();
      for (int i = 0; i < turns.size(); i++) turns.get(i).pack(passes, blocks);
      rows = passes.rows();
      forward();
      scratch.begin();
      for (int i = 0; i < turns.size(); i++) turns.get(i).look(passes, entropy);
      scratch.chooseAhead();
      for (int i = 0; i < turns.size(); i++) turns.get(i).judge(passes, probabilities);
      // ---- commit line: below is only bookkeeping on memory that is there already ----
      long now = nanoClock.getAsLong();
      long plain = planner.measured(turns, now - begun);
      counters.step(
          rows, now - begun); // first, so that who reads a last event finds its step counted
      for (int i = 0; i < turns.size(); i++) {
        if (turns.get(i).failure == null) commit(turns.get(i), blocks, now, now - begun, plain);
      }
    } catch (RuntimeException | Error fault) {
      return abandon(fault);
    }
    dropFailed();
    if (failed.isEmpty() && rows == smooth.rows()) return smooth;
    StepOutcome.Committed outcome = new StepOutcome.Committed(rows, List.copyOf(failed));
    if (failed.isEmpty()) smooth = outcome;
    return outcome;
  }

  /** Starts a turn, unless it would have to write where another of this step writes: then it waits for the next. */
  private void begin(Turn turn, int grant) {
    turn.begin(grant);
    if (turn.claim(claims)) turns.add(turn);
  }

  /** The passes, and the time since those before. */
  private void forward() {
    if (!rested) counters.between(nanoClock.getAsLong() - passEnded);
    rested = true;
    passes.forward(meanwhile);
    passEnded = nanoClock.getAsLong();
    rested = false;
  }

  /** The thread has nothing to do: the time until the next pass is nobody's loss. */
  void rest() {
    rested = true;
    untold.tell();
  }

  /** Gives a sequence that was admitted its table, with what the prefix cache has. */
  private void begin(Sequence sequence) {
    sequence.table = pool.newTable(sequence.namespace);
    if (options.prefixCache()) {
      sequence.computed(ModelRows.TARGET, pool.attachPrefix(sequence.table, sequence.tokens(), sequence.reusable()));
      catchUp(sequence);
    }
    if (sequence.started) return;
    sequence.start(nanoClock.getAsLong(), sequence.computed());
    counters.queued.decrementAndGet();
    counters.add(Count.PROMPT_TOKENS, sequence.promptSize());
    if (options.prefixCache()) {
      counters.add(Count.PREFIX_QUERIES, sequence.promptSize());
      counters.add(Count.PREFIX_HITS, sequence.cached);
    }
    sequence.outbox.post(new GenerationEvent.Started(sequence.cached));
  }

  private int growth() {
    int blocks = 0;
    for (int i = 0; i < turns.size(); i++) {
      Turn turn = turns.get(i);
      int held = Objects.requireNonNull(turn.sequence.table).size();
      blocks += Math.max(0, pool.blocksFor(turn.roomNeeded()) - held);
    }
    return blocks;
  }

  private void commit(Turn turn, Reservation blocks, long now, long took, long plain) {
    Sequence sequence = turn.sequence;
    turn.count(sequence.tally, plain > 0 ? took : 0, plain);
    turn.count(counters.decoding, plain > 0 ? took : 0, plain);
    FinishReason ending = turn.commit(blocks, pool, counters.models, now);
    counters.add(Count.GENERATION_TOKENS, turn.outputs());
    if (options.prefixCache()) {
      BlockTable table = Objects.requireNonNull(sequence.table);
      int computed = sequence.computed(ModelRows.TARGET);
      int replaced = pool.publish(table, sequence.tokens(), computed);
      for (int i = 1; replaced < computed && i < passes.count(); i++) {
        sequence.computed(i, pool.computedWithin(table, i, sequence.computed(i), replaced));
      }
    }
    if (ending != null) finish(sequence, ending, now);
  }

  private void finish(Sequence sequence, FinishReason reason, long now) {
    forget(sequence);
    counters.finished(reason);
    gauge();
    sequence.outbox.post(
        new GenerationEvent.Finished(reason, sequence.counts(), sequence.timings(now, passes.names())));
  }

  private void fail(Sequence sequence, Failure failure) {
    forget(sequence);
    counters.add(Count.FAILED, 1);
    gauge();
    sequence.outbox.post(new GenerationEvent.Failed(failure));
  }

  private void failFor(Sequence sequence, Throwable defect) {
    LOG.log(Level.WARNING, "request " + sequence.request.id().value() + " failed", defect);
    fail(sequence, new Failure.Internal("the generation failed: " + defect.getMessage()));
  }

  private void forget(Sequence sequence) {
    if (sequence.table != null) pool.release(sequence.table);
    sequence.table = null;
    if (!sequence.started) counters.queued.decrementAndGet();
    sequences.remove(sequence);
    sequence.onEnd.run();
  }

  /** The pass itself failed: so do all its sequences. The reservation is closed already. */
  private StepOutcome abandon(Throwable fault) {
    LOG.log(Level.ERROR, "a pass over " + turns.size() + " sequences failed", fault);
    List<RequestId> ids = new ArrayList<>(turns.size());
    for (Turn turn : turns) {
      ids.add(turn.sequence.request.id());
      // A sequence that finished before the fault has its answer.
      if (sequences.find(turn.sequence.request.id()) == turn.sequence) {
        fail(
            turn.sequence,
            new Failure.Internal("the model could not compute this step: " + fault.getMessage()));
      }
    }
    return new StepOutcome.Failed(ids, fault);
  }

  private void dropFailed() {
    for (int i = turns.size() - 1; i >= 0; i--) {
      Turn turn = turns.get(i);
      if (turn.failure == null) continue;
      turns.remove(i);
      failed.add(turn.sequence.request.id());
      failFor(turn.sequence, turn.failure);
    }
  }

  /** Writes the gauges, for other threads to read. */
  void gauge() {
    counters.set(Count.RUNNING, sequences.running().size());
    counters.set(Count.WAITING, sequences.waiting().size());
    counters.set(Count.KV_USED, pool.held());
    counters.set(Count.KV_REMEMBERED, pool.remembered());
  }
}
