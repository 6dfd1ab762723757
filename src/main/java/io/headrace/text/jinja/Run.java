package io.headrace.text.jinja;

import java.time.Clock;
import java.util.function.LongSupplier;

/** The state of one rendering: what it has used of its limits, the line it is at, and its clock. */
final class Run {
  /**
   * Bits of the largest whole number: what Python is still willing to print (4,300 digits), rounded
   * up.
   */
  private static final int MAX_BITS = 16_384;

  private static final int STEPS_BETWEEN_LOOKS_AT_THE_CLOCK = 4_096;
  private static final int UNITS_PER_ELEMENT = 8;

  private final Limits limits;
  private final Clock clock;
  private final LongSupplier nanoTime;
  private final long started;
  private long steps;
  private long nextLook = STEPS_BETWEEN_LOOKS_AT_THE_CLOCK;
  private long allocated;
  private int depth;
  private int line;

  Run(Limits limits, Clock clock, LongSupplier nanoTime) {
    this.limits = limits;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.started = nanoTime.getAsLong();
  }

  Clock clock() {
    return clock;
  }

  int line() {
    return line;
  }

  void at(int newLine) {
    line = newLine;
  }

  /** Counts work in steps and looks at the clock now and then. */
  void work(long count) {
    steps += count;
    if (steps > limits.maxSteps()) {
      throw limit("it takes more than " + limits.maxSteps() + " steps");
    }
    if (steps >= nextLook) {
      nextLook = steps + STEPS_BETWEEN_LOOKS_AT_THE_CLOCK;
      if (nanoTime.getAsLong() - started > limits.maxNanos()) {
        throw limit("it takes longer than " + limits.maxNanos() / 1_000_000 + " ms");
      }
    }
  }

  /** Counts the work of reading through a text once. */
  void read(CharSequence text) {
    work(1 + (text.length() >> 4));
  }

  /** Checks that a text of this many characters may be made, and charges it. */
  int chars(long count) {
    grow(0, count);
    return (int) count;
  }

  /** Checks that a text may grow by so many characters, and charges them. */
  void grow(int size, long more) {
    if (more > limits.maxChars() - size) {
      throw limit("a text grows beyond " + limits.maxChars() + " characters");
    }
    charge(more);
  }

  /** Checks that a list of this many elements may be made, and charges it. */
  int elements(long count) {
    growList(0, count);
    return (int) count;
  }

  /** Checks that a list may grow by so many elements, and charges them. */
  void growList(int size, long more) {
    if (more > limits.maxChars() - size) {
      throw limit("a list grows beyond " + limits.maxChars() + " elements");
    }
    charge(more * UNITS_PER_ELEMENT);
  }

  private void charge(long units) {
    allocated += units;
    if (allocated > limits.maxAllocation()) {
      throw limit("its texts and lists add up to more than " + limits.maxAllocation()
          + " characters");
    }
    work(1 + (units >> 4));
  }

  /** Checks that a whole number of this many bits may be made. */
  void bits(long count) {
    if (count > MAX_BITS) {
      throw limit("a whole number grows beyond " + MAX_BITS + " bits");
    }
    work(1 + (count >> 8));
  }

  void enter() {
    if (++depth > limits.maxDepth()) {
      throw limit("it nests deeper than " + limits.maxDepth() + " levels");
    }
    work(1);
  }

  void leave() {
    depth--;
  }

  int maxRange() {
    return limits.maxRange();
  }

  TemplateException error(String reason) {
    return new TemplateException(TemplateException.Kind.RUNTIME, line, reason);
  }

  TemplateException raised(String reason) {
    return new TemplateException(TemplateException.Kind.RAISED, line, reason);
  }

  TemplateException limit(String reason) {
    return new TemplateException(TemplateException.Kind.LIMIT, line, "stopped, because " + reason);
  }
}
