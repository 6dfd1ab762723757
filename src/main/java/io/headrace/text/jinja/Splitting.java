package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's ways to cut a text into pieces. */
final class Splitting {
  private static final int COST_OF_A_TEXT = 4;

  private Splitting() {}

  private static void add(Run run, List<Object> pieces, String piece) {
    run.growList(pieces.size(), COST_OF_A_TEXT);
    run.chars(piece.length());
    pieces.add(piece);
  }

  /** Cuts at a separator, at most so many times, from either end. */
  static List<Object> at(Run run, String text, String separator, long most, boolean fromEnd) {
    if (separator.isEmpty()) {
      throw run.error("empty separator");
    }
    List<Object> pieces = new ArrayList<>();
    if (fromEnd && most < Long.MAX_VALUE) {
      int end = text.length();
      for (long left = most; left > 0; left--) {
        int found = Chars.lastIndexOf(text.substring(0, end), separator);
        run.work(1 + (end >> 4));
        if (found < 0) {
          break;
        }
        add(run, pieces, text.substring(found + separator.length(), end));
        end = found;
      }
      add(run, pieces, text.substring(0, end));
      Collections.reverse(pieces);
      return pieces;
    }
    if (fromEnd && !noSelfOverlap(separator)) {
      // Cuts of a separator that overlaps itself depend on the direction.
      return at(run, text, separator, text.length() + 1L, true);
    }
    int done = 0;
    for (long left = most; left > 0; left--) {
      int found = Chars.indexOf(text, separator, done);
      if (found < 0) {
        break;
      }
      add(run, pieces, text.substring(done, found));
      run.work(separator.length() >> 4);
      done = found + separator.length();
    }
    add(run, pieces, text.substring(done));
    return pieces;
  }

  private static boolean noSelfOverlap(String separator) {
    return separator.length() == 1;
  }

  /** Cuts at runs of white space, dropping empty pieces. */
  static List<Object> atSpace(Run run, String text, long most, boolean fromEnd) {
    List<Object> pieces = new ArrayList<>();
    String rest = fromEnd ? Chars.stripEnd(text) : Chars.stripStart(text);
    int start = 0;
    int end = rest.length();
    for (long left = most; left > 0 && start < end; left--) {
      int i = fromEnd ? end : start;
      while (fromEnd ? i > 0 && !Chars.isSpace(rest.charAt(i - 1))
          : i < end && !Chars.isSpace(rest.charAt(i))) {
        i += fromEnd ? -1 : 1;
      }
      add(run, pieces, fromEnd ? rest.substring(i, end) : rest.substring(start, i));
      while (fromEnd ? i > 0 && Chars.isSpace(rest.charAt(i - 1))
          : i < end && Chars.isSpace(rest.charAt(i))) {
        i += fromEnd ? -1 : 1;
      }
      if (fromEnd) {
        end = i;
      } else {
        start = i;
      }
    }
    if (start < end) {
      add(run, pieces, rest.substring(start, end));
    }
    if (fromEnd) {
      Collections.reverse(pieces);
    }
    return pieces;
  }

  /** Cuts at line ends, of which Python knows more than Java. */
  static List<Object> lines(Run run, String text, boolean keepEnds) {
    List<Object> lines = new ArrayList<>();
    int start = 0;
    while (start < text.length()) {
      int end = start;
      while (end < text.length() && !endsLine(text.charAt(end))) {
        end++;
      }
      int next = end == text.length() ? end : text.startsWith("\r\n", end) ? end + 2 : end + 1;
      add(run, lines, text.substring(start, keepEnds ? next : end));
      start = next;
    }
    return lines;
  }

  private static boolean endsLine(char c) {
    return c >= '\n' && c <= '\r' || c >= 0x1c && c <= 0x1e || c == 0x85 || c == 0x2028
        || c == 0x2029;
  }

  static ListValue partition(Run run, String text, String separator, boolean last) {
    if (separator.isEmpty()) {
      throw run.error("empty separator");
    }
    run.chars(text.length());
    int found = last ? Chars.lastIndexOf(text, separator) : Chars.indexOf(text, separator, 0);
    if (found < 0) {
      return last ? ListValue.tuple("", "", text) : ListValue.tuple(text, "", "");
    }
    return ListValue.tuple(text.substring(0, found), separator,
        text.substring(found + separator.length()));
  }
}
