package io.headrace.model;

import io.headrace.tensor.Weigher;

/** Lets tests elsewhere look for likely columns of rows that they wrote themselves. */
public final class LikelyOf {
  private LikelyOf() {}

  /** Of rows of {@code columns} logits. */
  public static LikelyColumns rows(int columns, int most) {
    return new LikelyColumns(columns, most, Weigher.inJava());
  }
}
