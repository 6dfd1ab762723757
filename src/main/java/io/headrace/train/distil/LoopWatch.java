package io.headrace.train.distil;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Notices that an answer runs in circles: a run of eight tokens stands in it for the third time. A drafter that learns from circles is
 * good at circles.
 */
final class LoopWatch {
  private static final int RUN = 8;
  private static final int TIMES = 3;

  private final Deque<Integer> last = new ArrayDeque<>();
  private final Map<List<Integer>, Integer> seen = new HashMap<>();

  /** Takes the next token; whether the answer goes in circles now. */
  boolean add(int token) {
    if (last.size() == RUN) last.removeFirst();
    last.addLast(token);
    return last.size() == RUN && seen.merge(List.copyOf(last), 1, Integer::sum) >= TIMES;
  }
}
