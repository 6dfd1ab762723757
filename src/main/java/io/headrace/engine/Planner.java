package io.headrace.engine;

import io.headrace.kv.BlockPool;
import io.headrace.model.ForwardBatch;
import io.headrace.model.Model;
import io.headrace.schedule.Candidate;
import io.headrace.schedule.Phase;
import io.headrace.schedule.Scheduler;
import io.headrace.schedule.SchedulingPolicy;
import io.headrace.schedule.StepLimits;
import io.headrace.schedule.StepPlan;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Shows the scheduler what it needs to know of the sequences and the model. Changes nothing.
 *
 * <p>Thread: engine thread.
 */
final class Planner {
  private final EngineOptions options;
  private final BlockPool pool;
  private final Scheduler scheduler;
  private final int contextLength;
  private final int maxTreeNodes;

  Planner(
      Model model,
      EngineOptions options,
      SchedulingPolicy policy,
      BlockPool pool,
      ForwardBatch batch) {
    this.options = options;
    this.pool = pool;
    contextLength = model.card().contextLength();
    int together = model.capabilities().batch() ? options.maxRunning() : 1;
    together = Math.min(together, batch.maxSequences());
    together = Math.min(together, Math.min(batch.maxRows(), batch.maxWanted()));
    scheduler =
        new Scheduler(
            policy,
            new StepLimits(
                Math.min(options.stepTokens(), batch.maxRows()),
                together,
                batch.maxWanted(),
                pool.blockTokens(),
                (int) Math.ceil(options.admissionReserve() * pool.blocks())));
    maxTreeNodes =
        model.capabilities().treePass()
            ? Math.max(1, Math.min(options.maxTreeNodes(), model.capabilities().maxTreeNodes()))
            : 1;
  }

  /** What the next step does; {@code admit} is false right after a preemption. */
  StepPlan plan(SequenceTable sequences, long now, boolean admit) {
    List<Candidate> running = new ArrayList<>(sequences.running().size());
    for (Sequence sequence : sequences.running()) running.add(candidate(sequence, now));
    return scheduler.plan(
        running,
        sequences.waiting().size(),
        i -> newcomer(sequences.waiting().get(i), now),
        pool.available(),
        admit);
  }

  private Candidate candidate(Sequence sequence, long now) {
    boolean decodes = sequence.decodes();
    return new Candidate(
        decodes ? Phase.DECODE : Phase.PREFILL,
        decodes ? treeNodes(sequence) : Math.min(options.prefillChunk(), sequence.pending()),
        sequence.pending(),
        sequence.computed,
        Objects.requireNonNull(sequence.table).size(),
        0,
        sequence.scoring(),
        (now - sequence.submittedNanos) / 1_000);
  }

  /**
   * Nodes worth testing: a tree must fit into the window, and where one token is left to yield a
   * draft is for nothing.
   */
  private int treeNodes(Sequence sequence) {
    if (sequence.limit - sequence.size() <= 1) return 1;
    int room = contextLength - sequence.computed;
    return Math.max(1, Math.min(Math.min(maxTreeNodes, sequence.mostNodes), room));
  }

  private Candidate newcomer(Sequence sequence, long now) {
    BlockPool.PrefixMatch found =
        options.prefixCache()
            ? pool.match(sequence.namespace, sequence.tokens(), sequence.reusable())
            : BlockPool.PrefixMatch.NONE;
    int computed = found.blocks() * pool.blockTokens();
    int pending = sequence.size() - computed;
    return new Candidate(
        Phase.PREFILL,
        Math.min(options.prefillChunk(), pending),
        pending,
        computed,
        found.blocks(),
        found.idle(),
        sequence.scoring(),
        (now - sequence.submittedNanos) / 1_000);
  }
}
