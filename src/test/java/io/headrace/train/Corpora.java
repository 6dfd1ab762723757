package io.headrace.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** Small corpora for tests. */
public final class Corpora {
  private Corpora() {}

  /** Settings of a corpus with this seed; the rest is small and arbitrary. */
  public static CorpusSettings settings(long seed, int hidden, int vocabulary) {
    var held = new CorpusSettings.Source("held.txt", "00", 1, 2, 2);
    return new CorpusSettings(CorpusSettings.FORMAT, "tiny", "w00", "f00", hidden, vocabulary, seed, 32, 0.5, 0, 0.7, List.of(), List.of(held));
  }

  /** Random sequences of one split. */
  public static List<AnsweredPrompt> sequences(int seed, int count, Split split, int vocabulary) {
    SplittableRandom random = new SplittableRandom(seed);
    List<AnsweredPrompt> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] prompt = random.ints(1 + random.nextInt(5), 0, vocabulary).toArray();
      int[] answer = random.ints(1 + random.nextInt(9), 0, vocabulary).toArray();
      var ending = AnsweredPrompt.Ending.values()[i % 3];
      all.add(new AnsweredPrompt(i, split, i % 2 - 1, i % 4 == 0 ? 0.7f : 0, ending, prompt, answer));
    }
    return all;
  }

  /** States that say which row they are: value {@code c} of the row that chose {@code token} is {@code token + c / 8}. */
  public static List<short[]> states(List<AnsweredPrompt> sequences, int hidden) {
    List<short[]> all = new ArrayList<>();
    for (AnsweredPrompt each : sequences) {
      short[] rows = new short[each.answer().length * hidden];
      for (int i = 0; i < rows.length; i++) rows[i] = Float.floatToFloat16(each.answer()[i / hidden] + i % hidden / 8f);
      all.add(rows);
    }
    return all;
  }

  /** The part of a file's name that tells shards of training. */
  static Path tokens(Path folder, int number) {
    return ShardFiles.tokens(folder, Corpus.Part.TRAIN.shard(number));
  }
}
