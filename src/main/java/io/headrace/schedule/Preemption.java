package io.headrace.schedule;

import java.util.List;

/** Who gives up its blocks when there are too few. Pure. */
public final class Preemption {
  private Preemption() {}

  /**
   * The newest running sequence: it has the least to compute again, and the oldest is never taken,
   * so somebody always finishes.
   *
   * @param running oldest first
   * @return its index, or -1 if only one runs
   */
  public static int victim(List<Candidate> running) {
    return running.size() > 1 ? running.size() - 1 : -1;
  }
}
