package io.headrace.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SchedulerTest {
  private static final int PLENTY = 1_000;

  @Test
  void everyStreamGetsItsTokenBeforeAnyPrompt() {
    var plan =
        run(
            scheduler(8, 8, 0),
            List.of(prefill(100, 0), decode(1, 16), decode(1, 16)),
            List.of(),
            PLENTY);
    assertArrayEquals(new int[] {6, 1, 1}, plan.grants());
  }

  @Test
  void draftsGetOnlyWhatPromptsLeave() {
    var plan =
        run(
            scheduler(10, 8, 0),
            List.of(decode(8, 16), prefill(5, 0), decode(8, 16)),
            List.of(),
            PLENTY);
    assertArrayEquals(new int[] {4, 5, 1}, plan.grants());
  }

  @Test
  void promptsShareWhatTheStepMaySpendOnThem() {
    List<Candidate> running = List.of(decode(1, 16), prefill(6, 0), prefill(6, 0), decode(4, 16));
    StepPlan plan = scheduler(40, 8, 0).plan(running, 1, i -> prefill(5, 0), PLENTY, 10, true);
    var run = assertInstanceOf(StepPlan.Run.class, plan);
    assertArrayEquals(new int[] {1, 6, 4, 4}, run.grants());
    assertEquals(0, run.admitted().length, "nobody is admitted for nothing");
  }

  @Test
  void aStepMayGoWithoutPromptsWhereSomebodyDecodes() {
    List<Candidate> running = List.of(decode(1, 16), prefill(6, 0));
    StepPlan plan = scheduler(40, 8, 0).plan(running, 1, i -> prefill(5, 0), PLENTY, 0, true);
    var run = assertInstanceOf(StepPlan.Run.class, plan);
    assertArrayEquals(new int[] {1, 0}, run.grants());
    assertEquals(0, run.admitted().length);
  }

  @Test
  void whoWaitsForWhatAnotherComputesIsNotAdmittedNorOvertaken() {
    List<Candidate> waiting = List.of(prefill(6, 0), prefill(6, 0).defer(), prefill(1, 0));
    var plan = run(scheduler(40, 8, 0), List.of(decode(1, 4)), waiting, PLENTY);
    assertArrayEquals(new int[] {6}, plan.admitted());
  }

  @Test
  void waitingSequencesAreAdmittedInOrderAndTheLastIsCutToFit() {
    var plan =
        run(
            scheduler(10, 8, 0),
            List.of(decode(1, 4)),
            List.of(prefill(6, 0), prefill(7, 0), prefill(1, 0)),
            PLENTY);
    assertArrayEquals(new int[] {1}, plan.grants());
    assertArrayEquals(new int[] {6, 3}, plan.admitted());
  }

  @Test
  void noMoreRunThanTheLimitOfSequences() {
    var plan =
        run(
            scheduler(10, 2, 0),
            List.of(decode(1, 4)),
            List.of(prefill(1, 0), prefill(1, 0)),
            PLENTY);
    assertEquals(1, plan.admitted().length);
  }

  @Test
  void aNewcomerIsNotAdmittedUnlessAllItKnowsFits() {
    // 5 blocks of 4 tokens; the running one lacks 2 more, so 3 are there for a prompt that needs 4.
    var running = List.of(new Candidate(Phase.PREFILL, 4, 8, 4, 1, 0, false));
    assertEquals(0, run(scheduler(6, 4, 0), running, List.of(prefill(16, 0)), 5).admitted().length);
    assertEquals(1, run(scheduler(6, 4, 0), running, List.of(prefill(12, 0)), 5).admitted().length);
  }

  @Test
  void admissionLeavesTheWatermarkFreeUnlessNobodyRuns() {
    List<Candidate> waiting = List.of(prefill(8, 0));
    assertEquals(0, run(scheduler(8, 4, 2), List.of(decode(1, 1)), waiting, 3).admitted().length);
    assertEquals(1, run(scheduler(8, 4, 2), List.of(decode(1, 1)), waiting, 4).admitted().length);
    assertEquals(1, run(scheduler(8, 4, 2), List.of(), waiting, 2).admitted().length);
  }

  @Test
  void blocksFoundButHeldByNobodyCountAsTaken() {
    var found =
        new Candidate(
            Phase.PREFILL, 4, 4, 8, 2, 2, false); // two idle blocks found, one more needed
    assertEquals(1, run(scheduler(8, 4, 0), List.of(), List.of(found), 3).admitted().length);
    assertInstanceOf(
        StepPlan.Idle.class, scheduler(8, 4, 0).plan(List.of(), 1, i -> found, 2, PLENTY, true));
  }

  @Test
  void draftsAreGivenUpBeforeASequenceIsPreempted() {
    var running =
        List.of(
            decode(8, 4), decode(8, 4)); // full blocks: any grant needs one more, 8 nodes need 2
    assertArrayEquals(new int[] {1, 1}, run(scheduler(32, 4, 0), running, List.of(), 3).grants());
    assertEquals(new StepPlan.Preempt(1), scheduler(32, 4, 0).plan(running, 0, null, 1, PLENTY, true));
  }

  @Test
  void draftsDoNotKeepWaitingSequencesOut() {
    var plan = run(scheduler(32, 4, 0), List.of(decode(8, 4)), List.of(prefill(8, 0)), 3);
    assertArrayEquals(new int[] {1}, plan.grants());
    assertArrayEquals(new int[] {8}, plan.admitted());
  }

  @Test
  void theNewestIsPreemptedAndTheOldestNever() {
    var running = List.of(decode(1, 4), decode(1, 4), decode(1, 4));
    assertEquals(new StepPlan.Preempt(2), scheduler(8, 4, 0).plan(running, 0, null, 0, PLENTY, true));
    assertThrows(
        IllegalStateException.class,
        () -> scheduler(8, 4, 0).plan(List.of(decode(1, 4)), 0, null, 0, PLENTY, true));
  }

  @Test
  void nobodyIsAdmittedRightAfterAPreemption() {
    assertEquals(
        new StepPlan.Idle(StepPlan.IdleReason.NOT_ADMITTING),
        scheduler(8, 4, 0).plan(List.of(), 1, i -> prefill(1, 0), PLENTY, PLENTY, false));
  }

  @Test
  void nothingToDoIsSaid() {
    assertEquals(
        new StepPlan.Idle(StepPlan.IdleReason.NO_SEQUENCES),
        scheduler(8, 4, 0).plan(List.of(), 0, null, 8, PLENTY, true));
  }

  @Test
  void scoredPromptsAndDraftsShareTheRowsOfLogits() {
    var limits = new StepLimits(64, 4, 8, 4, 0);
    var scored = new Candidate(Phase.PREFILL, 20, 20, 0, 0, 0, true);
    var plan =
        run(
            new Scheduler(new DecodeFirst(), limits),
            List.of(decode(1, 4), scored, decode(6, 4)),
            List.of(),
            PLENTY);
    // 8 rows, one promised to each: 5 spare ones go to the scored prompt, nothing is left for
    // drafts.
    assertArrayEquals(new int[] {1, 6, 1}, plan.grants());
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void everyPlanKeepsItsLimits(long seed) {
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 2_000; round++) {
      int sequences = 1 + random.nextInt(6);
      var limits =
          new StepLimits(
              sequences + random.nextInt(40),
              sequences,
              sequences + random.nextInt(20),
              4,
              random.nextInt(3));
      List<Candidate> running = new ArrayList<>();
      for (int i = random.nextInt(sequences + 1); i > 0; i--) running.add(some(random));
      List<Candidate> waiting = new ArrayList<>();
      for (int i = random.nextInt(5); i > 0; i--)
        waiting.add(prefill(1 + random.nextInt(40), random.nextInt(3)));
      int available = random.nextInt(30) + 10;
      int prefill = 1 + random.nextInt(50);
      StepPlan plan =
          new Scheduler(new DecodeFirst(), limits)
              .plan(running, waiting.size(), waiting::get, available, prefill, true);
      switch (plan) {
        case StepPlan.Idle _ -> assertTrue(running.isEmpty());
        case StepPlan.Preempt(int victim) -> assertEquals(running.size() - 1, victim);
        case StepPlan.Run(int[] grants, int[] admitted) ->
            check(limits, running, waiting, grants, admitted, available, prefill);
      }
    }
  }

  private static void check(
      StepLimits limits,
      List<Candidate> running,
      List<Candidate> waiting,
      int[] grants,
      int[] admitted,
      int available,
      int prefill) {
    assertEquals(running.size(), grants.length);
    assertTrue(running.size() + admitted.length <= limits.sequences());
    assertTrue(Arrays.stream(grants).sum() + Arrays.stream(admitted).sum() <= limits.tokens());
    int rows = 0;
    int blocks = 0;
    int done = 0;
    int prompts = 0;
    for (int i = 0; i < grants.length + admitted.length; i++) {
      Candidate candidate = i < grants.length ? running.get(i) : waiting.get(i - grants.length);
      int grant = i < grants.length ? grants[i] : admitted[i - grants.length];
      assertTrue(grant >= 0 && grant <= candidate.wantedTokens());
      assertTrue(grant > 0 || candidate.phase() == Phase.PREFILL);
      assertTrue(grant > 0 || i < grants.length);
      rows += candidate.logitRows(grant);
      blocks +=
          Math.max(0, limits.blocksFor(candidate.computedTokens() + grant) - candidate.heldBlocks())
              + candidate.idleBlocks();
      done += grant;
      if (candidate.phase() == Phase.PREFILL) prompts += grant;
    }
    assertTrue(prompts <= prefill);
    assertTrue(rows <= limits.logitRows());
    assertTrue(blocks <= available);
    assertTrue(done > 0, "a plan that does nothing");
  }

  private static Candidate some(SplittableRandom random) {
    int computed = random.nextInt(30);
    int held = (computed + 3) / 4;
    if (random.nextBoolean())
      return new Candidate(Phase.DECODE, 1 + random.nextInt(9), 1, computed, held, 0, false);
    int pending = 1 + random.nextInt(20);
    return new Candidate(
        Phase.PREFILL,
        1 + random.nextInt(pending),
        pending,
        computed,
        held,
        0,
        random.nextInt(4) == 0);
  }

  private static Scheduler scheduler(int tokens, int sequences, int watermark) {
    return new Scheduler(
        new DecodeFirst(), new StepLimits(tokens, sequences, tokens, 4, watermark));
  }

  private static StepPlan.Run run(
      Scheduler scheduler, List<Candidate> running, List<Candidate> waiting, int available) {
    return assertInstanceOf(
        StepPlan.Run.class, scheduler.plan(running, waiting.size(), waiting::get, available, PLENTY, true));
  }

  /** A sequence whose table is exactly full when {@code computed} is a multiple of 4. */
  private static Candidate decode(int nodes, int computed) {
    return new Candidate(Phase.DECODE, nodes, 1, computed, (computed + 3) / 4, 0, false);
  }

  private static Candidate prefill(int pending, int foundBlocks) {
    return new Candidate(
        Phase.PREFILL, pending, pending, foundBlocks * 4, foundBlocks, 0, false);
  }
}
