package io.headrace.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Plans one step: grants by policy, admission by room, preemption when blocks run out. Holds no
 * state between plans.
 *
 * <p>Thread: any; used by the engine thread.
 */
public final class Scheduler {
  /*
   * Running sequences come first, in order of arrival; waiting ones are admitted first come, first
   * served. Admission looks at the whole of what a newcomer knows, not at its first chunk, and at
   * what those already running still lack for theirs, and leaves a watermark free: otherwise long
   * prompts are begun together, run out of blocks together and preempt each other. Where nobody
   * runs the watermark is waived, so that a request which fits into the pool alone always runs.
   *
   * When the running sequences' grants need more blocks than there are, drafts are given up first,
   * then the newest sequence is preempted and the plan is made again by the caller, who knows which
   * blocks really came back.
   */
  private final SchedulingPolicy policy;
  private final StepLimits limits;

  public Scheduler(SchedulingPolicy policy, StepLimits limits) {
    this.policy = policy;
    this.limits = limits;
  }

  /**
   * @param running oldest first
   * @param waitingCount sequences that wait
   * @param waiting the {@code i}-th of them, in the order in which they are to be admitted, in
   *     phase PREFILL; asked for no more than needed
   * @param available blocks that can be handed out
   * @param admit whether waiting sequences may be admitted; false right after a preemption
   */
  public StepPlan plan(
      List<Candidate> running,
      int waitingCount,
      IntFunction<Candidate> waiting,
      int available,
      boolean admit) {
    if (running.isEmpty() && waitingCount == 0)
      return new StepPlan.Idle(StepPlan.IdleReason.NO_SEQUENCES);
    List<Candidate> ready = new ArrayList<>(running);
    if (admit) admit(ready, waitingCount, waiting, available);
    if (ready.isEmpty()) return new StepPlan.Idle(StepPlan.IdleReason.NOT_ADMITTING);

    int[] grants = policy.share(List.copyOf(ready), limits.tokens());
    keepLogitRows(ready, grants);
    if (blocks(ready, grants, ready.size()) > available) dropDrafts(ready, grants);
    if (blocks(ready, grants, running.size()) > available) {
      int victim = Preemption.victim(running);
      if (victim < 0)
        throw new IllegalStateException("a sequence alone needs more blocks than the pool has");
      return new StepPlan.Preempt(victim);
    }
    int last = running.size();
    while (last < ready.size() && grants[last] > 0) last++;
    return new StepPlan.Run(
        Arrays.copyOf(grants, running.size()), Arrays.copyOfRange(grants, running.size(), last));
  }

  /** Appends the waiting sequences that there is room for. */
  private void admit(
      List<Candidate> ready, int waitingCount, IntFunction<Candidate> waiting, int available) {
    int room = available;
    int tokens = 0;
    for (Candidate candidate : ready) {
      room -= Math.max(0, lacking(candidate));
      tokens += candidate.phase() == Phase.PREFILL ? candidate.wantedTokens() : 1;
    }
    for (int i = 0; i < waitingCount; i++) {
      if (ready.size() >= limits.sequences() || tokens >= limits.tokens()) break;
      Candidate head = waiting.apply(i);
      int watermark = ready.isEmpty() ? 0 : limits.watermarkBlocks();
      int needed = lacking(head) + head.idleBlocks();
      if (needed > room - watermark) break;
      room -= needed;
      tokens += head.wantedTokens();
      ready.add(head);
    }
  }

  /** Blocks that a sequence needs to compute all it knows. */
  private int lacking(Candidate candidate) {
    return limits.blocksFor(candidate.computedTokens() + candidate.pendingTokens())
        - candidate.heldBlocks();
  }

  private void keepLogitRows(List<Candidate> ready, int[] grants) {
    // Every sequence is promised one row; what is beyond is shared in order.
    int spare = limits.logitRows() - ready.size();
    for (int i = 0; i < grants.length; i++) {
      int rows = ready.get(i).logitRows(grants[i]);
      if (rows <= 1) continue;
      int more = Math.min(rows - 1, Math.max(0, spare));
      spare -= more;
      grants[i] = 1 + more;
    }
  }

  private static void dropDrafts(List<Candidate> ready, int[] grants) {
    for (int i = 0; i < grants.length; i++) {
      if (ready.get(i).phase() == Phase.DECODE) grants[i] = Math.min(grants[i], 1);
    }
  }

  /** Blocks that the first {@code count} of {@code ready} take out of what is available. */
  private int blocks(List<Candidate> ready, int[] grants, int count) {
    int blocks = 0;
    for (int i = 0; i < count; i++) {
      Candidate candidate = ready.get(i);
      if (grants[i] == 0) continue;
      int growth =
          limits.blocksFor(candidate.computedTokens() + grants[i]) - candidate.heldBlocks();
      blocks += Math.max(0, growth) + candidate.idleBlocks();
    }
    return blocks;
  }
}
