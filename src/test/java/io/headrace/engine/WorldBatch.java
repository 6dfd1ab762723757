package io.headrace.engine;

import io.headrace.engine.WorldTexts.Place;
import io.headrace.testing.CountedBatch;
import java.util.ArrayList;
import java.util.List;

/** Rows of a pass, as the places in their texts at which they stand. */
final class WorldBatch extends CountedBatch {
  /** Rows of a pass at most. */
  static final int MOST = 1024;

  private final WorldTexts texts;

  /** The text of the sequence that has a block as its first. */
  private final int[] textOf;

  private final List<Place> wanted = new ArrayList<>();

  WorldBatch(WorldTexts texts, int blocks) {
    super(MOST, 64, MOST);
    this.texts = texts;
    textOf = new int[blocks];
  }

  WorldTexts texts() {
    return texts;
  }

  Place place(int row) {
    return wanted.get(row);
  }

  @Override
  public void clear() {
    super.clear();
    wanted.clear();
  }

  @Override
  public int addChain(int[] table, int blocks, int committed, int[] tokens, int from, int count, int wantedLast) {
    if (committed == 0) textOf[table[0]] = texts.text(tokens);
    int first = count(count, wantedLast);
    for (int row = count - wantedLast; row < count; row++) wanted.add(new Place(textOf[table[0]], committed + row, true));
    return first;
  }

  @Override
  public int addTree(int[] table, int blocks, int committed, int[] tokens, int[] parents, int count) {
    int first = count(count, count);
    wanted.add(new Place(textOf[table[0]], committed, true));
    for (int row = 1; row < count; row++) wanted.add(texts.after(wanted.get(first + parents[row]), tokens[row]));
    return first;
  }
}
