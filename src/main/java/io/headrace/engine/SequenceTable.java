package io.headrace.engine;

import io.headrace.generation.RequestId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which sequences run and which wait, both in order of arrival.
 *
 * <p>Thread: engine thread.
 */
final class SequenceTable {
  private final Map<RequestId, Sequence> all = new HashMap<>();
  private final List<Sequence> running = new ArrayList<>();
  private final List<Sequence> waiting = new ArrayList<>();
  private long arrivals;

  /** A new sequence waits behind all others. */
  void add(Sequence sequence) {
    sequence.arrival = arrivals++;
    all.put(sequence.request.id(), sequence);
    waiting.add(sequence);
  }

  @Nullable Sequence find(RequestId id) {
    return all.get(id);
  }

  /** Oldest first. */
  List<Sequence> running() {
    return running;
  }

  /**
   * In the order in which they are to be admitted: oldest first, so one that was preempted stands
   * before the newer ones.
   */
  List<Sequence> waiting() {
    return waiting;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /** The first that waits runs now. */
  Sequence admitFirst() {
    Sequence sequence = waiting.removeFirst();
    insert(running, sequence);
    return sequence;
  }

  /** One that runs waits again. */
  void preempt(Sequence sequence) {
    running.remove(sequence);
    insert(waiting, sequence);
  }

  void remove(Sequence sequence) {
    all.remove(sequence.request.id());
    if (!running.remove(sequence)) waiting.remove(sequence);
  }

  /** Everything, to be ended. */
  List<Sequence> everything() {
    return new ArrayList<>(all.values());
  }

  private static void insert(List<Sequence> list, Sequence sequence) {
    int at = list.size();
    while (at > 0 && list.get(at - 1).arrival > sequence.arrival) at--;
    list.add(at, sequence);
  }
}
