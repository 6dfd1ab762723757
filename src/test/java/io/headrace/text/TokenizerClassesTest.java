package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * What counts as a letter, a number, a digit and white space when text is cut: the reference's
 * ranges, at all their edges.
 */
final class TokenizerClassesTest {
  private static final JsonNode CLASSES = GoldenLines.of("pretokenizer-classes.json").getFirst();

  @Test
  void everyEdgeOfTheReferencesClassesIsWhereItWas() throws IOException {
    var wrong = new ArrayList<String>();
    try (var gpt2 = cutter("gpt-2");
        var smollm = cutter("smollm")) {
      for (int c : edges()) {
        var text = Character.toString(c);
        expect(contains("letter", c), cuts(gpt2, "a" + text) == 1, "letter", c, wrong);
        expect(contains("number", c), cuts(gpt2, "1" + text) == 1, "number", c, wrong);
        expect(contains("digits_split", c), cuts(smollm, text + text) == 2, "digit", c, wrong);
        boolean other = cuts(gpt2, "!" + text) == 1;
        boolean space = !other && !contains("letter", c) && !contains("number", c);
        expect(contains("whitespace", c), space, "white space", c, wrong);
      }
    }
    assertEquals(List.of(), wrong);
  }

  private static void expect(
      boolean expected, boolean found, String name, int c, List<String> wrong) {
    if (expected != found) {
      wrong.add("U+%04X %s %s".formatted(c, expected ? "should be a" : "should not be a", name));
    }
  }

  /** The first and last code point of every range, and their neighbours. */
  private static TreeSet<Integer> edges() {
    var edges = new TreeSet<Integer>();
    CLASSES.forEach(
        ranges ->
            ranges.forEach(
                range -> {
                  for (int c : new int[] {range.get(0).intValue(), range.get(1).intValue()}) {
                    for (int near = c - 1; near <= c + 1; near++) {
                      if (near >= 0
                          && near <= Character.MAX_CODE_POINT
                          && !(near >= 0xD800 && near <= 0xDFFF)) {
                        edges.add(near);
                      }
                    }
                  }
                }));
    return edges;
  }

  private static boolean contains(String name, int c) {
    for (var range : CLASSES.path(name)) {
      if (c >= range.get(0).intValue() && c <= range.get(1).intValue()) {
        return true;
      }
    }
    return false;
  }

  private static int cuts(HuggingFaceTokenizer cutter, String text) {
    var words = new TreeSet<Long>();
    for (long word : cutter.encode(text, false, false).getWordIds()) {
      words.add(word);
    }
    return words.size();
  }

  private static HuggingFaceTokenizer cutter(String pre) throws IOException {
    var json =
        ListedTokenizer.parts(new ByteVocabulary().lists(pre))
            .mergerJson()
            .get()
            .getBytes(StandardCharsets.UTF_8);
    return HuggingFaceTokenizer.newInstance(
        new ByteArrayInputStream(json),
        Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
  }
}
