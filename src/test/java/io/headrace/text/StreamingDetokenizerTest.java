package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * On a vocabulary of the 256 bytes (id = byte), one control token (256) and one user-defined token
 * (257).
 */
final class StreamingDetokenizerTest {
  private static final Vocabulary BYTES = bytes();

  @Test
  void aCharacterIsSentWithItsLastByte() {
    var detokenizer = new StreamingDetokenizer(BYTES, true);
    assertEquals("", detokenizer.push(0xF0));
    assertEquals("", detokenizer.push(0x9F));
    assertEquals("", detokenizer.push(0x98));
    assertEquals("\uD83D\uDE00", detokenizer.push(0x80));
    assertEquals("", detokenizer.finish());
  }

  @Test
  void aSkippedControlTokenLetsTheBytesAroundItJoin() {
    var skipping = new StreamingDetokenizer(BYTES, true);
    assertEquals("", skipping.push(0xC3));
    assertEquals("", skipping.push(256));
    assertEquals("é", skipping.push(0xA9));
    var printing = new StreamingDetokenizer(BYTES, false);
    assertEquals("", printing.push(0xC3));
    assertEquals("\uFFFD<end>", printing.push(256));
    assertEquals("\uFFFD", printing.push(0xA9));
  }

  @Test
  void aUserDefinedTokenIsTextEvenWhenControlTokensAreSkipped() {
    assertEquals("<tool>", new StreamingDetokenizer(BYTES, true).push(257));
  }

  @Test
  void anIdOutsideTheVocabularyPrintsNothing() {
    var detokenizer = new StreamingDetokenizer(BYTES, false);
    assertEquals("", detokenizer.push(258) + detokenizer.push(-1) + detokenizer.finish());
  }

  /**
   * The examples of The Unicode Standard, section 3.9, tables 3-8 to 3-11, and cut ends; {@code ?}
   * stands for U+FFFD.
   */
  @ParameterizedTest
  @CsvSource({
    "C0AFE080BFF0818241, ????????A",
    "EDA080EDBFBFEDAF41, ????????A",
    "F4919293FF4180BF42, ?????A??B",
    "E180E2F09192F1BF41, ????A",
    "41C3, A?",
    "41F09F98, A?",
    "EDA0, ??",
    "EDA0ED, ???"
  })
  void eachMaximalSubpartIsReplacedOnce(String hex, String text) {
    assertEquals(text.replace('?', '\uFFFD'), Utf8Stream.decode(HexFormat.of().parseHex(hex)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void allPiecesJoinedAreTheDecodingOfAllBytes(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      var bytes = likelyUtf8(random);
      var detokenizer = new StreamingDetokenizer(BYTES, false);
      var text = new StringBuilder();
      for (byte value : bytes) {
        var piece = detokenizer.push(value & 0xFF);
        assertTrue(Surrogates.areWhole(piece));
        text.append(piece);
      }
      text.append(detokenizer.finish());
      assertEquals(
          new String(bytes, StandardCharsets.UTF_8),
          text.toString(),
          () -> HexFormat.of().formatHex(bytes));
    }
  }

  /** Bytes that often are UTF-8; none of a surrogate, which {@link String} replaces otherwise. */
  private static byte[] likelyUtf8(Random random) {
    int[] telling = {
      0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0,
      0xF1, 0xF4, 0xF5
    };
    var bytes = new byte[random.nextInt(12)];
    for (int i = 0; i < bytes.length; i++) {
      int value = telling[random.nextInt(telling.length)];
      boolean surrogate = i > 0 && bytes[i - 1] == (byte) 0xED && value >= 0xA0 && value <= 0xBF;
      bytes[i] = (byte) (surrogate ? 0x80 : value);
    }
    return bytes;
  }

  private static Vocabulary bytes() {
    var texts = new ArrayList<String>();
    var kinds = new ArrayList<TokenKind>();
    for (int value = 0; value < 256; value++) {
      texts.add("<0x%02X>".formatted(value));
      kinds.add(TokenKind.BYTE);
    }
    texts.addAll(List.of("<end>", "<tool>"));
    kinds.addAll(List.of(TokenKind.CONTROL, TokenKind.USER_DEFINED));
    return Vocabulary.of(texts, kinds, Vocabulary.Spelling.SENTENCE_PIECE);
  }
}
