package io.headrace.decode.medusa;

import io.headrace.model.AcceptanceHead;
import io.headrace.model.GuessHeads;
import io.headrace.model.LikelyColumns;
import io.headrace.model.LogitRows;

/**
 * Heads of a model as drafters run them: {@link GuessHeads}, or whatever else guesses from a state.
 *
 * <p>Thread: engine thread; close it when nobody guesses any more.
 */
public interface Heads extends AutoCloseable {
  /** Heads with weights of their own, at least 1. */
  int blocks();

  /** Rows of a guess at most. */
  int rows();

  /** The token of a column of the guesses' logits. */
  int token(int column);

  /** As {@link GuessHeads#begin}. */
  void begin(int row, float[] state);

  /** As {@link GuessHeads#follow}. */
  void follow(int row, int before);

  /** As {@link GuessHeads#guess}. */
  LogitRows guess(int head, int[] tokens, int count);

  /** As {@link GuessHeads#likely}. */
  LikelyColumns likely(int most);

  /** As {@link AcceptanceHead#logOdds}, of row 0 of the last guess. */
  double logOdds(AcceptanceHead judge, int guessed, float[] features);

  @Override
  void close();

  /** Trained heads; closed with what is returned. */
  static Heads of(GuessHeads heads) {
    return new Heads() {
      @Override
      public int blocks() {
        return heads.blocks();
      }

      @Override
      public int rows() {
        return heads.rows();
      }

      @Override
      public int token(int column) {
        return heads.token(column);
      }

      @Override
      public void begin(int row, float[] state) {
        heads.begin(row, state);
      }

      @Override
      public void follow(int row, int before) {
        heads.follow(row, before);
      }

      @Override
      public LogitRows guess(int head, int[] tokens, int count) {
        return heads.guess(head, tokens, count);
      }

      @Override
      public LikelyColumns likely(int most) {
        return heads.likely(most);
      }

      @Override
      public double logOdds(AcceptanceHead judge, int guessed, float[] features) {
        return judge.logOdds(heads, 0, guessed, features);
      }

      @Override
      public void close() {
        heads.close();
      }
    };
  }
}
