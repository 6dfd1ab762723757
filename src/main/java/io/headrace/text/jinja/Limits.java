package io.headrace.text.jinja;

/**
 * What one rendering may use. All are checked before memory is taken, so a hostile template costs
 * at most this much.
 *
 * @param maxSteps evaluated nodes and handled elements; work on long texts counts one step for 16
 *     characters
 * @param maxChars characters (UTF-16 units) of the output and of any text in between, and elements
 *     of any list
 * @param maxAllocation characters of all texts made while rendering, alive or not; an element of a
 *     list counts as 8
 * @param maxDepth nesting of evaluated nodes (a macro call takes about ten) and of values that are
 *     printed or compared
 * @param maxRange elements of a {@code range}
 * @param maxNanos time in nanoseconds
 */
public record Limits(
    long maxSteps, int maxChars, long maxAllocation, int maxDepth, int maxRange, long maxNanos) {

  /**
   * Enough for conversations of some million characters. A hostile template runs out of steps
   * within about a second; the time is for a machine that is busy with other things. A level takes
   * up to 1.3 KB of stack, so the depth fits a thread's usual 1 MB.
   */
  public static final Limits DEFAULT =
      new Limits(20_000_000L, 8 << 20, 64L << 20, 400, 100_000, 5_000_000_000L);

  /** Checks that all limits are positive. */
  public Limits {
    if (maxSteps <= 0 || maxChars <= 0 || maxAllocation <= 0 || maxDepth <= 0 || maxRange <= 0
        || maxNanos <= 0) {
      throw new IllegalArgumentException("every limit of a template must be positive");
    }
  }
}
