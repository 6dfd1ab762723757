package io.headrace.schedule;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;

/**
 * Plans one step: grants by policy, admission by room, preemption when blocks run out. Knows
 * nothing of earlier plans; keeps memory for the next.
 *
 * <p>Thread: engine thread.
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

  private final List<Candidate> ready = new ArrayList<>();
  private int[] grants = {};
  private StepPlan.Run run = new StepPlan.Run(new int[0], new int[0]);

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
   * @param prefill prompt tokens that the step should compute at most; 0 only if somebody decodes
   * @param admit whether waiting sequences may be admitted; false right after a preemption
   * @return the plan; the arrays of a {@link StepPlan.Run} are valid until the next call
   */
  public StepPlan plan(
      List<Candidate> running,
      int waitingCount,
      IntFunction<Candidate> waiting,
      int available,
      int prefill,
      boolean admit) {
    if (running.isEmpty() && waitingCount == 0)
      return new StepPlan.Idle(StepPlan.IdleReason.NO_SEQUENCES);
    ready.clear();
    for (int i = 0; i < running.size(); i++) ready.add(running.get(i));
    if (admit && waitingCount > 0) admit(waitingCount, waiting, available, prefill);
    if (ready.isEmpty()) return new StepPlan.Idle(StepPlan.IdleReason.NOT_ADMITTING);

    if (grants.length < ready.size()) grants = new int[Math.max(16, 2 * ready.size())];
    Arrays.fill(grants, 0, ready.size(), 0);
    policy.share(ready, limits.tokens(), prefill, grants);
    keepLogitRows();
    if (blocks(ready.size()) > available) dropDrafts();
    if (blocks(running.size()) > available) {
      int victim = Preemption.victim(running);
      if (victim < 0)
        throw new IllegalStateException("a sequence alone needs more blocks than the pool has");
      return new StepPlan.Preempt(victim);
    }
    int last = running.size();
    while (last < ready.size() && grants[last] > 0) last++;
    return run(running.size(), last - running.size());
  }

  private StepPlan.Run run(int running, int admitted) {
    if (run.grants().length != running || run.admitted().length != admitted)
      run = new StepPlan.Run(new int[running], new int[admitted]);
    System.arraycopy(grants, 0, run.grants(), 0, running);
    System.arraycopy(grants, running, run.admitted(), 0, admitted);
    return run;
  }

  /** Appends the waiting sequences that there is room for. */
  private void admit(
      int waitingCount, IntFunction<Candidate> waiting, int available, int prefill) {
    int room = available;
    int tokens = 0;
    int prompts = 0;
    for (int i = 0; i < ready.size(); i++) {
      Candidate candidate = ready.get(i);
      room -= Math.max(0, lacking(candidate));
      boolean prompt = candidate.phase() == Phase.PREFILL;
      tokens += prompt ? candidate.wantedTokens() : 1;
      prompts += prompt ? candidate.wantedTokens() : 0;
    }
    for (int i = 0; i < waitingCount; i++) {
      if (ready.size() >= limits.sequences() || tokens >= limits.tokens() || prompts >= prefill) break;
      Candidate head = waiting.apply(i);
      // Those behind it wait too: nobody is overtaken, and the one it waits for uses the step.
      if (head.deferred()) break;
      int watermark = ready.isEmpty() ? 0 : limits.watermarkBlocks();
      int needed = lacking(head) + head.idleBlocks();
      if (needed > room - watermark) break;
      room -= needed;
      tokens += head.wantedTokens();
      prompts += head.wantedTokens();
      ready.add(head);
    }
  }

  /** Blocks that a sequence needs to compute all it knows. */
  private int lacking(Candidate candidate) {
    return limits.blocksFor(candidate.computedTokens() + candidate.pendingTokens())
        - candidate.heldBlocks();
  }

  private void keepLogitRows() {
    // Every sequence is promised one row; what is beyond is shared in order.
    int spare = limits.logitRows() - ready.size();
    for (int i = 0; i < ready.size(); i++) {
      int rows = ready.get(i).logitRows(grants[i]);
      if (rows <= 1) continue;
      int more = Math.min(rows - 1, Math.max(0, spare));
      spare -= more;
      grants[i] = 1 + more;
    }
  }

  private void dropDrafts() {
    for (int i = 0; i < ready.size(); i++) {
      if (ready.get(i).phase() == Phase.DECODE) grants[i] = Math.min(grants[i], 1);
    }
  }

  /** Blocks that the first {@code count} of {@code ready} take out of what is available. */
  private int blocks(int count) {
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
