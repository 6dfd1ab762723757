package io.headrace.engine;

import io.headrace.model.LogitRows;
import java.util.Arrays;

/** What sequences say, whatever is drafted: chance, and here and there a passage that stood before. */
final class WorldTexts {
  static final int VOCABULARY = 4 * LogitRows.SPAN;
  static final int PROMPT = 24;
  private static final int OUTPUT = 128;

  /** How often, at any token, a passage that is repeated ends. */
  private static final double ENDS = 0.1;

  /**
   * Where a row stands.
   *
   * @param text of its sequence
   * @param at index of the row's token
   * @param right whether this token, and what was drafted before it, is the text
   */
  record Place(int text, int at, boolean right) {
    /** Values that tell a place. */
    static final int SIZE = 3;

    static Place of(float[] state) {
      return new Place((int) state[0], (int) state[1], state[2] > 0);
    }

    void copyTo(float[] state) {
      state[0] = text;
      state[1] = at;
      state[2] = right ? 1 : 0;
    }
  }

  private final double copies;
  private final Chance chance;
  private final int[][] texts;

  WorldTexts(int count, double copies, Chance chance) {
    this.copies = copies;
    this.chance = chance;
    texts = new int[count][];
    for (int text = 0; text < count; text++) texts[text] = write(text);
  }

  private int[] write(int text) {
    int[] tokens = new int[PROMPT + OUTPUT + 1];
    tokens[0] = text / VOCABULARY;
    tokens[1] = text % VOCABULARY;
    int from = -1;
    for (int at = 2; at < tokens.length; at++) {
      if (from >= 0 && chance.of(text, at, 11) < ENDS) from = -1;
      if (from < 0 && at > 8 && chance.of(text, at, 12) < copies) from = (int) (chance.of(text, at, 13) * (at - 4));
      tokens[at] = from >= 0 ? tokens[from++] : (int) (chance.of(text, at, 14) * VOCABULARY);
    }
    return tokens;
  }

  int[] prompt(int text) {
    return Arrays.copyOf(texts[text], PROMPT);
  }

  /** Which text begins so. */
  int text(int[] prompt) {
    return prompt[0] * VOCABULARY + prompt[1];
  }

  /** Tokens that are asked for, between half as many as the longest and so many. */
  int output(int text) {
    return (int) (OUTPUT * (1 + chance.of(text, 1, 1)) / 2);
  }

  int token(int text, int at) {
    return at < texts[text].length ? texts[text][at] : 0;
  }

  /** Where a row stands whose token comes after {@code before}. */
  Place after(Place before, int token) {
    int at = before.at + 1;
    return new Place(before.text, at, before.right && token == token(before.text, at));
  }

  /** What is said after a place: off the text something else than the text says. */
  int next(Place place) {
    int token = token(place.text, place.at + 1);
    return place.right ? token : (token + 1) % VOCABULARY;
  }
}
