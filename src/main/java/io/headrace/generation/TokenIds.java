package io.headrace.generation;

import java.util.Arrays;

/** An immutable list of token ids, each 0 or above. */
public final class TokenIds {
  public static final TokenIds NONE = new TokenIds(new int[0]);

  private final int[] ids;

  private TokenIds(int[] ids) {
    this.ids = ids;
  }

  /**
   * Copies {@code ids}.
   *
   * @throws IllegalArgumentException for a negative id
   */
  public static TokenIds of(int... ids) {
    for (int i = 0; i < ids.length; i++) {
      if (ids[i] < 0) throw new IllegalArgumentException("token id %d at index %d".formatted(ids[i], i));
    }
    return ids.length == 0 ? NONE : new TokenIds(ids.clone());
  }

  public int size() {
    return ids.length;
  }

  public boolean isEmpty() {
    return ids.length == 0;
  }

  public int get(int index) {
    return ids[index];
  }

  /** A fresh copy. */
  public int[] toArray() {
    return ids.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TokenIds that && Arrays.equals(ids, that.ids);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(ids);
  }

  @Override
  public String toString() {
    return Arrays.toString(ids);
  }
}
