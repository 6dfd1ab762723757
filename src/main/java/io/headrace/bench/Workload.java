package io.headrace.bench;

import java.util.ArrayList;
import java.util.List;

/** A shape of work to time. */
public sealed interface Workload {
  /** The word for it in reports. */
  String what();

  /** Tokens of context before the timed work. */
  int depth();

  /** Prompt tokens, rows or sequences. */
  int n();

  /** One sequence, one token a pass. */
  record Decode(int depth) implements Workload {
    @Override
    public String what() {
      return "decode";
    }

    @Override
    public int n() {
      return 1;
    }
  }

  /** One prompt of {@code n} tokens, logits of the last. */
  record Prefill(int n) implements Workload {
    @Override
    public String what() {
      return "prefill";
    }

    @Override
    public int depth() {
      return 0;
    }
  }

  /** {@code n} rows of one sequence in one pass, logits of all: what checking a draft costs. */
  record Rows(int n, int depth) implements Workload {
    @Override
    public String what() {
      return "rows";
    }
  }

  /** {@code n} sequences, one token each a pass. */
  record Batch(int n, int depth) implements Workload {
    @Override
    public String what() {
      return "batch";
    }
  }

  /** The standard set, those that fit {@code window} tokens a sequence. */
  static List<Workload> standard(int window) {
    List<Workload> all = new ArrayList<>();
    for (int depth : new int[] {0, 2048}) all.add(new Decode(depth));
    for (int n : new int[] {128, 512, 2048}) all.add(new Prefill(n));
    for (int n : new int[] {1, 2, 4, 8, 16}) all.add(new Rows(n, 0));
    for (int n : new int[] {1, 4, 8, 32}) all.add(new Batch(n, 256));
    all.removeIf(load -> load.depth() + Math.max(load.n(), Workbench.DECODE_TOKENS) > window);
    return all;
  }
}
