package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What holds for every tokenizer, on a vocabulary that can spell every text. */
final class TokenizerTest {
  private static final ByteVocabulary VOCABULARY =
      new ByteVocabulary()
          .merge("h", "e")
          .merge("l", "l")
          .merge("he", "ll")
          .merge("Ġ", "Ġ")
          .merge("Ã", "©")
          .add("<|end|>", 3)
          .add("<|end|>!", 3)
          .add("<tool>", 4)
          .add("<|start|>", 3)
          .add("gap", 5)
          .add("<reponame>", 3);

  private static final int END = VOCABULARY.idOf("<|end|>");
  private static final int END_MARK = VOCABULARY.idOf("<|end|>!");
  private static final int TOOL = VOCABULARY.idOf("<tool>");
  private static final int START = VOCABULARY.idOf("<|start|>");
  private static final Tokenizer TOKENIZER =
      Tokenizer.of(VOCABULARY.lists("gpt-2", ByteVocabulary.bosAndEos(START, END, true)));

  @AfterAll
  static void close() {
    TOKENIZER.close();
  }

  @Test
  void theTextOfAControlTokenIsTextUnlessParsed() {
    var ids = TOKENIZER.encode("a<|end|>b", false, false);
    for (int id : ids) {
      assertFalse(TOKENIZER.isControl(id));
    }
    assertEquals("a<|end|>b", TOKENIZER.decode(ids, true));
    assertArrayEquals(
        new int[] {id("a"), END, id("b")}, TOKENIZER.encode("a<|end|>b", false, true));
  }

  @Test
  void theLeftmostControlTokenWinsAndOfThoseTheLongest() {
    assertArrayEquals(new int[] {END_MARK, id("!")}, TOKENIZER.encode("<|end|>!!", false, true));
    assertArrayEquals(new int[] {id("<"), END}, TOKENIZER.encode("<<|end|>", false, true));
    assertArrayEquals(
        new int[] {id("<"), id("|"), START, END},
        TOKENIZER.encode("<|<|start|><|end|>", false, true));
  }

  @Test
  void aUserDefinedTokenIsFoundAlways() {
    assertArrayEquals(new int[] {TOOL, id("he")}, TOKENIZER.encode("<tool>he", false, false));
    assertArrayEquals(new int[] {TOOL, id("he")}, TOKENIZER.encode("<tool>he", false, true));
    assertEquals("<tool>he", TOKENIZER.decode(new int[] {TOOL, id("he")}, true));
  }

  @Test
  void textBetweenControlTokensIsCutOnItsOwn() {
    assertArrayEquals(
        new int[] {id("hell"), END, id("ĠĠ"), START},
        TOKENIZER.encode("hell<|end|>  <|start|>", false, true));
  }

  @Test
  void mergesDoNotReachOverAControlTokenThatIsSkippedWhenReading() {
    assertArrayEquals(
        new int[] {id("he"), END, id("ll")}, TOKENIZER.encode("he<|end|>ll", false, true));
  }

  @Test
  void specialTokensAreAddedOnlyWhenAskedFor() {
    assertArrayEquals(new int[] {START, id("he"), END}, TOKENIZER.encode("he", true, false));
    assertArrayEquals(new int[] {START, END}, TOKENIZER.encode("", true, true));
    assertArrayEquals(new int[0], TOKENIZER.encode("", false, true));
  }

  @Test
  void halfASurrogatePairCountsAsTheReplacementCharacter() {
    assertArrayEquals(
        TOKENIZER.encode("a\uFFFDb", false, false), TOKENIZER.encode("a\uD83Db", false, false));
    assertArrayEquals(
        TOKENIZER.encode("\uFFFD\uFFFD", false, false),
        TOKENIZER.encode("\uDE00\uD83D", false, false));
    assertArrayEquals(
        TOKENIZER.encode("\uFFFD\uD83D\uDE00", false, false),
        TOKENIZER.encode("\uD83D\uD83D\uDE00", false, false));
  }

  @Test
  void aTokenPrintsItsBytes() {
    assertArrayEquals(new byte[] {' ', ' '}, TOKENIZER.bytesOf(id("ĠĠ")));
    assertArrayEquals(new byte[] {(byte) 0xC3}, TOKENIZER.bytesOf(id("Ã")));
    assertEquals("\uFFFD", TOKENIZER.textOf(id("Ã")));
    assertEquals("é", TOKENIZER.textOf(id("Ã©")));
    assertEquals("<|end|>", TOKENIZER.textOf(END));
    assertEquals("", TOKENIZER.textOf(VOCABULARY.idOf("gap")));
  }

  @Test
  void answersEndAtTheNamedTokensAndAtThoseKnownByText() {
    var vocabulary =
        new ByteVocabulary()
            .add("<|endoftext|>", 3)
            .add("<|im_end|>", 3)
            .add("<reponame>", 3)
            .add("</s>", 4)
            .add("<done>", 3);
    int done = vocabulary.idOf("<done>");
    try (var tokenizer =
        Tokenizer.of(vocabulary.lists("gpt-2", ByteVocabulary.bosAndEos(256, done, false)))) {
      assertArrayEquals(new int[] {256, 257, done}, tokenizer.endOfGeneration());
      assertEquals("<|endoftext|>", tokenizer.bosText());
      assertEquals("<done>", tokenizer.eosText());
    }
    try (var tokenizer = Tokenizer.of(new ByteVocabulary().lists("gpt-2"))) {
      assertEquals(0, tokenizer.endOfGeneration().length);
      assertNull(tokenizer.bosText());
      assertNull(tokenizer.eosText());
      assertTrue(tokenizer.bos().isEmpty());
    }
  }

  @Test
  void anIdOutsideTheVocabularyIsRefused() {
    int size = TOKENIZER.vocabularySize();
    for (int id : new int[] {-1, size}) {
      assertThrows(IllegalArgumentException.class, () -> TOKENIZER.bytesOf(id));
      assertThrows(IllegalArgumentException.class, () -> TOKENIZER.isControl(id));
      var refusal =
          assertThrows(
              IllegalArgumentException.class, () -> TOKENIZER.decode(new int[] {id}, false));
      assertEquals(
          "Token id %d is outside the vocabulary of %d tokens.".formatted(id, size),
          refusal.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void everyTextComesBack(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      var text = text(random);
      boolean parse = random.nextBoolean();
      assertEquals(text, TOKENIZER.decode(TOKENIZER.encode(text, false, parse), false));
      assertEquals(text, TOKENIZER.decode(TOKENIZER.encode(text, true, false), true));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void piecesJoinedAreTheDecodingOfAllIds(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      var ids = random.ints(random.nextInt(20), 0, TOKENIZER.vocabularySize()).toArray();
      boolean skip = random.nextBoolean();
      var detokenizer = TOKENIZER.detokenizer(skip);
      var text = new StringBuilder();
      for (int id : ids) {
        text.append(detokenizer.push(id));
      }
      assertEquals(TOKENIZER.decode(ids, skip), text + detokenizer.finish());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hello ", "a", " ", "<|en"})
  void aMegabyteOfOneThingComesBack(String unit) {
    var text = unit.repeat(1_000_000 / unit.length());
    assertEquals(text, TOKENIZER.decode(TOKENIZER.encode(text, false, true), false));
  }

  @Test
  void manyThreadsGetWhatOneGets() throws Exception {
    var random = new Random(9);
    var texts = new ArrayList<String>();
    for (int i = 0; i < 200; i++) {
      texts.add(text(random));
    }
    var alone = texts.stream().map(text -> TOKENIZER.encode(text, true, true)).toList();
    try (var threads = Executors.newFixedThreadPool(8)) {
      List<Callable<List<int[]>>> tasks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        tasks.add(() -> texts.stream().map(text -> TOKENIZER.encode(text, true, true)).toList());
      }
      for (var result : threads.invokeAll(tasks)) {
        for (int i = 0; i < alone.size(); i++) {
          assertArrayEquals(alone.get(i), result.get().get(i));
        }
      }
    }
  }

  @Test
  void theNativeLibraryIsToldToStayOffTheNetwork() {
    var settings = Tokenizer.nativeSettings(Path.of("cache"));
    assertEquals("true", settings.get("ai.djl.offline"));
    assertEquals("true", settings.get("OPT_OUT_TRACKING"));
    assertEquals("cache", settings.get("ENGINE_CACHE_DIR"));
  }

  private static int id(String spelled) {
    return VOCABULARY.idOf(spelled);
  }

  private static String text(Random random) {
    var parts =
        List.of(
            "he",
            "ll",
            " ",
            "\n",
            "é",
            "漢",
            "\uD83D\uDE00",
            "1",
            "½",
            "'s",
            "<|end|>",
            "<tool>",
            "<|",
            "!",
            "\u0000",
            "\u00A0");
    var text = new StringBuilder();
    for (int i = random.nextInt(30); i > 0; i--) {
      if (random.nextInt(4) == 0) {
        text.appendCodePoint(random.nextInt(0xD800));
      } else {
        text.append(parts.get(random.nextInt(parts.size())));
      }
    }
    return text.toString();
  }
}
