package io.headrace.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Which shapes a bench runs, before it is known what fits the model.
 *
 * @param what words of shapes to run; empty: all
 * @param depths of decoding and of rows, tokens
 * @param prefills lengths of prompts
 * @param rows counts of rows; one row is always among them, for the others are given relative to it
 * @param batches counts of sequences
 * @param batchDepth tokens of context of each sequence of a batch
 */
public record WorkloadPlan(
    Set<String> what, List<Integer> depths, List<Integer> prefills, List<Integer> rows, List<Integer> batches, int batchDepth) {
  /** The words for shapes. */
  public static final List<String> WORDS = List.of("decode", "prefill", "rows", "batch");

  /** What a bench runs when nothing is said. */
  public static final WorkloadPlan STANDARD =
      new WorkloadPlan(Set.of(), List.of(0, 2048), List.of(128, 512, 2048), List.of(2, 4, 8, 16), List.of(1, 8, 32), 256);

  /** @throws IllegalArgumentException naming the option with a value that makes no sense */
  public WorkloadPlan {
    for (String word : what) {
      if (!WORDS.contains(word)) throw new IllegalArgumentException("--only names '%s'; there are %s".formatted(word, String.join(", ", WORDS)));
    }
    atLeast("--depths", 0, depths);
    atLeast("--prefill", 1, prefills);
    atLeast("--rows", 1, rows);
    atLeast("--batches", 1, batches);
    atLeast("--batch-depth", 0, List.of(batchDepth));
  }

  private static void atLeast(String option, int least, List<Integer> values) {
    for (int value : values) {
      if (value < least) throw new IllegalArgumentException("%s must be at least %d, was %d".formatted(option, least, value));
    }
  }

  /**
   * The shapes that fit, in the order of a round. Rows of one depth follow each other, one row first.
   *
   * @param window longest sequence, tokens
   * @param maxRows rows of one sequence in a pass that may all want logits
   * @param maxSequences sequences in a pass
   */
  public List<Workload> within(int window, int maxRows, int maxSequences) {
    List<Workload> all = new ArrayList<>();
    for (int depth : sorted(depths)) all.add(new Workload.Decode(depth));
    for (int n : sorted(prefills)) all.add(new Workload.Prefill(n));
    for (int depth : sorted(depths)) {
      Set<Integer> counts = sorted(rows);
      if (!counts.isEmpty()) counts.add(1);
      for (int n : counts) {
        if (n <= maxRows) all.add(new Workload.Rows(n, depth));
      }
    }
    for (int n : sorted(batches)) {
      if (n <= maxSequences) all.add(new Workload.Batch(n, batchDepth));
    }
    all.removeIf(load -> load.reach() > window || !(what.isEmpty() || what.contains(load.what())));
    return List.copyOf(all);
  }

  private static Set<Integer> sorted(List<Integer> values) {
    return new TreeSet<>(values);
  }
}
