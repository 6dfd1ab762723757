package io.headrace.decode.medusa;

import io.headrace.decode.StepTerms;
import io.headrace.model.LogitRows;
import java.util.ArrayList;
import java.util.List;

/**
 * Guesses for all sequences of a step that asked for some, made together: a head is read once for all of them.
 *
 * <p>Head after head is run on the likeliest guesses of the one before it, whosever they are, as long as another head is expected to pay for its time. A
 * guess of hope {@code h} is hoped to be followed by another right one with {@code h * NEXT_HIT}; that is worth so much of one of the step's {@code d}
 * tokens, less the row it is tested in:
 *
 * <pre>
 *   gain = h * NEXT_HIT / d - (stretch(d) - 1) / d - read / step,   another head runs while the sum of all above 0 exceeds run / step.
 * </pre>
 *
 * <p>Thread: engine thread; one for the heads of a model.
 */
final class HeadsRound {
  /** Share of further guesses that a next head is hoped to get right; a guess, the trained heads do about as well. */
  private static final double NEXT_HIT = 0.4;

  private final SharedHeads heads;
  private final List<HeadsDrafter> asking = new ArrayList<>();
  private final List<HeadsDrafter> group = new ArrayList<>();

  /** Of the guesses that the next head goes on from: whose, which, and where its logits will stand. */
  private final HeadsDrafter[] owners;

  private final int[] above;
  private final int[] rowOf;
  private final int[] tokens;
  private int entries;

  HeadsRound(SharedHeads heads) {
    this.heads = heads;
    owners = new HeadsDrafter[heads.mostRows()];
    above = new int[owners.length];
    rowOf = new int[owners.length];
    tokens = new int[owners.length];
  }

  void enlist(HeadsDrafter drafter) {
    asking.add(drafter);
  }

  /** Makes the guesses of all that asked. */
  void run(StepTerms terms) {
    try {
      for (int from = 0; from < asking.size(); from += owners.length) {
        group.clear();
        group.addAll(asking.subList(from, Math.min(asking.size(), from + owners.length)));
        grow(terms);
      }
    } finally {
      asking.clear();
      group.clear();
    }
  }

  private void grow(StepTerms terms) {
    entries = group.size();
    for (int i = 0; i < entries; i++) {
      owners[i] = group.get(i);
      above[i] = GuessTree.ROOT;
      rowOf[i] = i;
      tokens[i] = owners[i].root();
      heads.begin(i, owners[i].state());
    }
    int rows = entries;
    int read = 0;
    for (int head = 0; ; head++) {
      collect(head, rows);
      read += rows;
      if (head + 1 == heads.count() || !goesOn(head + 1, terms)) {
        heads.ran(group.size(), head + 1, read);
        return;
      }
      rows = heads.chained() ? follow() : again();
    }
  }

  /** Guesses of a head below each of the entries. */
  private void collect(int head, int rows) {
    LogitRows logits = heads.run(head, tokens, rows);
    int entry = 0;
    for (int row = 0; row < rows; row++) {
      heads.read(logits, row);
      for (; entry < entries && rowOf[entry] == row; entry++) owners[entry].collect(head, above[entry], row, heads.likely());
    }
  }

  /** Chooses the guesses that head {@code head} goes on from, the likeliest first; whether that is expected to pay. */
  private boolean goesOn(int head, StepTerms terms) {
    double step = terms.nanos();
    double read = Double.isNaN(step) ? 0 : heads.readNanos() / step;
    double run = Double.isNaN(step) ? 0 : heads.runNanos() / step;
    double row = (terms.stretch(terms.decoding()) - 1) / terms.decoding() + read;
    double gain = 0;
    entries = 0;
    for (int i = 0; i < group.size(); i++) {
      HeadsDrafter owner = group.get(i);
      if (owner.depth() <= head) continue;
      GuessTree guesses = owner.guesses();
      for (int guess = 0; guess < guesses.size(); guess++) {
        if (guesses.depth(guess) != head - 1) continue;
        if (guesses.hope(guess) * NEXT_HIT / terms.decoding() > row) insert(owner, guess);
      }
    }
    for (int i = 0; i < entries; i++) gain += owners[i].guesses().hope(above[i]) * NEXT_HIT / terms.decoding() - row;
    return entries > 0 && gain > run;
  }

  private void insert(HeadsDrafter owner, int guess) {
    double hope = owner.guesses().hope(guess);
    int at = Math.min(entries, owners.length - 1);
    if (entries == owners.length && owners[at].guesses().hope(above[at]) >= hope) return;
    while (at > 0 && owners[at - 1].guesses().hope(above[at - 1]) < hope) {
      owners[at] = owners[at - 1];
      above[at] = above[at - 1];
      at--;
    }
    owners[at] = owner;
    above[at] = guess;
    entries = Math.min(entries + 1, owners.length);
  }

  /** Every entry goes on from what the head made of the row that guessed it; rows of the next run. */
  private int follow() {
    for (int i = 0; i < entries; i++) {
      rowOf[i] = i;
      tokens[i] = owners[i].guesses().token(above[i]);
      heads.follow(i, owners[i].rowOf(above[i]));
    }
    return entries;
  }

  /** Every sequence goes on from its state and certain token, whatever was guessed since. */
  private int again() {
    int rows = 0;
    int sorted = 0;
    for (int first = 0; first < entries; first = sorted) {
      HeadsDrafter owner = owners[first];
      for (int i = first; i < entries; i++) {
        if (owners[i] != owner) continue;
        swap(i, sorted);
        rowOf[sorted++] = rows;
      }
      tokens[rows] = owner.root();
      heads.begin(rows++, owner.state());
    }
    return rows;
  }

  private void swap(int i, int j) {
    HeadsDrafter owner = owners[i];
    int guess = above[i];
    owners[i] = owners[j];
    above[i] = above[j];
    owners[j] = owner;
    above[j] = guess;
  }
}
