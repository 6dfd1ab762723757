package io.headrace.bench;

import java.util.Locale;

/**
 * The least time of a shape.
 *
 * @param seconds of a pass, or of a whole prompt
 * @param limit what sets it
 */
record Bound(double seconds, Limit limit) {
  /** What a shape cannot be faster than. */
  enum Limit {
    /** Reading weights, keys and values. */
    MEMORY,
    /** Multiplying in int8. */
    ARITHMETIC,
    /** Products in a format whose peak is not measured. */
    UNKNOWN;

    /** The word in reports. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
