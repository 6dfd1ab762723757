package io.headrace.engine;

/** Numbers by chance that depend on what they are for, and not on who asks first or how often. */
record Chance(long seed) {
  /** From 0 on, below 1; for equal arguments an equal one. */
  double of(long what, long where, long when) {
    long z = seed * 0x9E3779B97F4A7C15L + what * 0xD1B54A32D192ED03L + where * 0x8CB92BA72F3D8DD7L + when * 0xAEF17502108EF2D9L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return ((z ^ z >>> 31) >>> 11) * 0x1.0p-53;
  }
}
