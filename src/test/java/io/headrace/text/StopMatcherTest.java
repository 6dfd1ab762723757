package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StopMatcherTest {
  @Test
  void aStopStringSplitOverPiecesIsFoundAndLeftOut() {
    var matcher = new StopMatcher(List.of("###", "\n\n"), false);
    assertEquals("one", matcher.push("one#"));
    assertEquals("", matcher.push("#"));
    assertNull(matcher.matched());
    assertEquals("", matcher.push("# two"));
    assertEquals("###", matcher.matched());
    assertEquals("", matcher.push("three"));
    assertEquals("", matcher.finish());
  }

  @Test
  void aStopStringIsSentWhenItBelongsToTheAnswer() {
    var matcher = new StopMatcher(List.of("END"), true);
    assertEquals("the ", matcher.push("the EN"));
    assertEquals("END", matcher.push("D of it"));
    assertEquals("END", matcher.matched());
  }

  @Test
  void whatDidNotBecomeAStopStringIsSentAtOnce() {
    var matcher = new StopMatcher(List.of("abc"), false);
    assertEquals("", matcher.push("ab"));
    assertEquals("abx", matcher.push("x"));
    assertEquals("", matcher.push("a"));
    assertEquals("a", matcher.finish());
  }

  @Test
  void ofStopStringsThatEndTogetherTheLongestWins() {
    var matcher = new StopMatcher(List.of("b", "ab", "zab"), false);
    assertEquals("x", matcher.push("xab"));
    assertEquals("ab", matcher.matched());
  }

  @Test
  void theStopStringThatEndsFirstWinsOverOneThatBeginsFirst() {
    var matcher = new StopMatcher(List.of("abcd", "bc"), false);
    assertEquals("a", matcher.push("abcd"));
    assertEquals("bc", matcher.matched());
  }

  @Test
  void withoutStopStringsNothingIsKeptBack() {
    var matcher = new StopMatcher(List.of(), false);
    assertEquals("any", matcher.push("any"));
    assertEquals("", matcher.finish());
  }

  @Test
  void aSurrogatePairIsKeptBackOrSentWhole() {
    var matcher = new StopMatcher(List.of("\uD83D\uDE00!"), false);
    assertEquals("", matcher.push("\uD83D\uDE00"));
    assertEquals("\uD83D\uDE00\uD83D\uDE01", matcher.push("\uD83D\uDE01"));
  }

  @Test
  void stopStringsThatCannotOccurAreRefused() {
    assertTrue(refusal(List.of("a", "")).contains("stop[1] is empty"));
    assertTrue(refusal(List.of("\uDE00")).contains("stop[0] holds half a surrogate pair"));
    assertTrue(refusal(Collections.nCopies(65, "x")).contains("at most 64"));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyCutOfATextGivesWhatSearchingTheWholeTextGives(long seed) {
    var random = new Random(seed);
    for (int round = 0; round < 2_000; round++) {
      var text = letters(random, random.nextInt(40));
      var stops = new ArrayList<String>();
      for (int i = random.nextInt(5); i > 0; i--) {
        stops.add(letters(random, 1 + random.nextInt(5)));
      }
      boolean include = random.nextBoolean();
      check(text, stops, include, random);
    }
  }

  private static String refusal(List<String> stops) {
    return assertThrows(IllegalArgumentException.class, () -> new StopMatcher(stops, false))
        .getMessage();
  }

  private static void check(String text, List<String> stops, boolean include, Random random) {
    var what = "'%s' %s include=%s".formatted(text, stops, include);
    int end = firstEnd(text, stops);
    var stop = end < 0 ? null : longestAt(text.substring(0, end), stops);
    var expected = stop == null ? text : text.substring(0, include ? end : end - stop.length());
    var matcher = new StopMatcher(stops, include);
    var sent = new StringBuilder();
    for (int from = 0; from < text.length() && matcher.matched() == null; ) {
      int to = Math.min(text.length(), from + 1 + random.nextInt(6));
      sent.append(matcher.push(text.substring(from, to)));
      from = to;
      if (matcher.matched() == null) {
        assertEquals(
            text.substring(0, to - mayBecome(text.substring(0, to), stops)), sent.toString(), what);
      }
    }
    sent.append(matcher.finish());
    assertEquals(expected, sent.toString(), what);
    assertEquals(stop, matcher.matched(), what);
  }

  private static int firstEnd(String text, List<String> stops) {
    for (int end = 1; end <= text.length(); end++) {
      if (longestAt(text.substring(0, end), stops) != null) {
        return end;
      }
    }
    return -1;
  }

  private static String longestAt(String text, List<String> stops) {
    return stops.stream()
        .filter(text::endsWith)
        .max((a, b) -> a.length() - b.length())
        .orElse(null);
  }

  /** Length of the longest end of the text that a stop string begins with. */
  private static int mayBecome(String text, List<String> stops) {
    for (int length = text.length(); length > 0; length--) {
      var tail = text.substring(text.length() - length);
      if (stops.stream().anyMatch(stop -> stop.startsWith(tail))) {
        return length;
      }
    }
    return 0;
  }

  private static String letters(Random random, int length) {
    var text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('a' + random.nextInt(3)));
    }
    return text.toString();
  }
}
