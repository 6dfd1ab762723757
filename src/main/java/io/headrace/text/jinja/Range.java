package io.headrace.text.jinja;

/** Python's range; {@code size} is worked out when it is made, and small. */
record Range(long start, long stop, long step, int size) {
  static Range of(Run run, long start, long stop, long step) {
    if (step == 0) {
      throw run.error("range() arg 3 must not be zero");
    }
    // In doubles the size is exact where it is small and merely large where it is large.
    double exact = Math.ceil(((double) stop - (double) start) / step);
    if (exact > run.maxRange()) {
      throw run.limit("a range has more than " + run.maxRange() + " elements");
    }
    return new Range(start, stop, step, (int) Math.max(0, exact));
  }

  long at(int index) {
    return start + index * step;
  }
}
