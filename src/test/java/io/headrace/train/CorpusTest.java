package io.headrace.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.train.Corpus.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CorpusTest {
  private static final int HIDDEN = 5;

  @TempDir Path folder;

  private Corpus corpus() throws IOException {
    return Corpus.begin(folder, Corpora.settings(1, HIDDEN, 100));
  }

  private static void write(Corpus corpus, Part part, int number, List<AnsweredPrompt> sequences) throws IOException {
    corpus.write(part, number, sequences, Corpora.states(sequences, HIDDEN));
  }

  @Test
  void whatIsWrittenIsReadBack() throws IOException {
    List<AnsweredPrompt> written = Corpora.sequences(1, 7, Split.TRAIN, 100);
    write(corpus(), Part.TRAIN, 0, written);
    Corpus.Shard read = Corpus.open(folder).shards(Part.TRAIN).getFirst();
    assertEquals(written.size(), read.sequences().size());
    for (int i = 0; i < written.size(); i++) {
      AnsweredPrompt one = written.get(i);
      AnsweredPrompt other = read.sequences().get(i);
      assertEquals(
          List.of(one.index(), one.split(), one.source(), one.temperature(), one.ending()),
          List.of(other.index(), other.split(), other.source(), other.temperature(), other.ending()));
      assertArrayEquals(one.prompt(), other.prompt());
      assertArrayEquals(one.answer(), other.answer());
    }
    assertEquals(written.stream().mapToInt(each -> each.answer().length).sum(), read.rows());
  }

  @Test
  void everyRowHasItsOwnStateAcrossShardsAndSplits() throws IOException {
    Corpus corpus = corpus();
    write(corpus, Part.TRAIN, 0, Corpora.sequences(1, 9, Split.TRAIN, 100));
    write(corpus, Part.TRAIN, 1, Corpora.sequences(2, 9, Split.CALIBRATION, 100));
    write(corpus, Part.TRAIN, 2, Corpora.sequences(3, 400, Split.TRAIN, 100));
    int expected = 0;
    for (Corpus.Shard shard : corpus.shards(Part.TRAIN)) expected += shard.number() == 1 ? 0 : shard.rows();
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.TRAIN), Long.MAX_VALUE)) {
      assertEquals(expected, rows.rows());
      float[] state = new float[HIDDEN + 1];
      for (int row = 0; row < rows.rows(); row++) {
        rows.copyState(row, state, 1);
        for (int c = 0; c < HIDDEN; c++) assertEquals(rows.token(row) + c / 8f, state[c + 1]);
      }
    }
  }

  @Test
  void rowsOfOneAnswerAreTogetherAndOthersAreNot() throws IOException {
    Corpus corpus = corpus();
    var first = new AnsweredPrompt(0, Split.TRAIN, 0, 0, AnsweredPrompt.Ending.LENGTH, new int[] {1}, new int[] {2, 3});
    var second = new AnsweredPrompt(1, Split.TRAIN, 0, 0, AnsweredPrompt.Ending.LENGTH, new int[] {1}, new int[] {4, 5});
    write(corpus, Part.TRAIN, 0, List.of(first, second));
    try (StateRows rows = StateRows.open(corpus, Set.of(Split.TRAIN), 3)) {
      assertTrue(rows.together(0, 1));
      assertFalse(rows.together(1, 2));
      assertTrue(rows.together(2, 3), "the second answer is whole, although three rows were asked for");
      assertFalse(rows.together(3, 4), "behind the end there is nothing");
    }
  }

  @Test
  void aCorpusIsTakenUpWithTheSameSettingsOnly() throws IOException {
    corpus();
    assertEquals(folder, corpus().folder());
    var error = assertThrows(CorpusException.class, () -> Corpus.begin(folder, Corpora.settings(2, HIDDEN, 100)));
    assertTrue(error.getMessage().contains("another seed"), error.getMessage());
  }

  @Test
  void statesWithoutTokensAreNoShard() throws IOException {
    Corpus corpus = corpus();
    write(corpus, Part.TRAIN, 0, Corpora.sequences(1, 3, Split.TRAIN, 100));
    Files.delete(Corpora.tokens(folder, 0));
    assertEquals(List.of(), corpus.shards(Part.TRAIN));
  }

  @Test
  void aShardThatWasCutShortIsRefusedWithItsName() throws IOException {
    Corpus corpus = corpus();
    write(corpus, Part.TRAIN, 0, Corpora.sequences(1, 3, Split.TRAIN, 100));
    Path tokens = Corpora.tokens(folder, 0);
    byte[] whole = Files.readAllBytes(tokens);
    for (int bytes = 0; bytes < whole.length; bytes++) {
      Files.write(tokens, Arrays.copyOf(whole, bytes));
      var error = assertThrows(CorpusException.class, () -> corpus.shards(Part.TRAIN));
      assertTrue(error.getMessage().contains(tokens.toString()), error.getMessage());
    }
    Files.write(tokens, whole);
    Path states = folder.resolve("train-00000.states");
    Files.write(states, Arrays.copyOf(Files.readAllBytes(states), 20));
    assertThrows(CorpusException.class, () -> corpus.shards(Part.TRAIN));
  }
}
