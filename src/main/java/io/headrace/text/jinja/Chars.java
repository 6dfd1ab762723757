package io.headrace.text.jinja;

import java.util.Arrays;

/** Texts as Python sees them: sequences of code points, with Python's idea of white space. */
final class Chars {
  private static final int LONG_NEEDLE = 64;

  private Chars() {}

  /** Number of code points. */
  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /**
   * What {@code str.isspace} accepts: U+0085, U+00A0 and U+001C to U+001F count, unlike in Java.
   */
  static boolean isSpace(int c) {
    if (c < 0x80) {
      return c == ' ' || c >= 9 && c <= 13 || c >= 0x1c && c <= 0x1f;
    }
    return c == 0x85 || Character.isSpaceChar(c);
  }

  static boolean isBlank(String text, int from) {
    for (int i = from; i < text.length(); i++) {
      if (!isSpace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  static String stripEnd(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  static String stripStart(String text) {
    int start = 0;
    while (start < text.length() && isSpace(text.charAt(start))) {
      start++;
    }
    return text.substring(start);
  }

  /** Strips code points that occur in {@code set}, from the chosen ends. */
  static String strip(String text, String set, boolean start, boolean end) {
    int[] members = set.codePoints().sorted().toArray();
    int from = 0;
    int to = text.length();
    while (start && from < to
        && Arrays.binarySearch(members, text.codePointAt(from)) >= 0) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (end && to > from && Arrays.binarySearch(members, text.codePointBefore(to)) >= 0) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    return text.substring(from, to);
  }

  /** Orders by code points; Java's own order puts U+E000 to U+FFFF behind the higher planes. */
  static int compare(String a, String b) {
    int mismatch = 0;
    int shorter = Math.min(a.length(), b.length());
    while (mismatch < shorter && a.charAt(mismatch) == b.charAt(mismatch)) {
      mismatch++;
    }
    if (mismatch == shorter) {
      return Integer.compare(a.length(), b.length());
    }
    return Integer.compare(order(a.charAt(mismatch)), order(b.charAt(mismatch)));
  }

  private static int order(char c) {
    return Character.isSurrogate(c) ? c + 0x10000 : c;
  }

  /**
   * First index (in chars) of {@code needle} at or after {@code from}, or -1. Long needles go
   * through Knuth, Morris and Pratt's search, because the JDK's takes time proportional to the
   * product of both lengths in the worst case.
   */
  static int indexOf(String text, String needle, int from) {
    int n = needle.length();
    if (n <= LONG_NEEDLE || n > text.length() - from) {
      return text.indexOf(needle, from);
    }
    int[] fallback = new int[n];
    for (int i = 1, k = 0; i < n; i++) {
      while (k > 0 && needle.charAt(i) != needle.charAt(k)) {
        k = fallback[k - 1];
      }
      if (needle.charAt(i) == needle.charAt(k)) {
        k++;
      }
      fallback[i] = k;
    }
    for (int i = from, k = 0; i < text.length(); i++) {
      while (k > 0 && text.charAt(i) != needle.charAt(k)) {
        k = fallback[k - 1];
      }
      if (text.charAt(i) == needle.charAt(k) && ++k == n) {
        return i - n + 1;
      }
    }
    return -1;
  }

  /** Last index (in chars) of {@code needle}, or -1. */
  static int lastIndexOf(String text, String needle) {
    if (needle.length() <= LONG_NEEDLE) {
      return text.lastIndexOf(needle);
    }
    // Reversed halves of a surrogate pair stay reversed in both texts, so matches are the same.
    int found = indexOf(reversedUnits(text), reversedUnits(needle), 0);
    return found < 0 ? -1 : text.length() - found - needle.length();
  }

  private static String reversedUnits(String text) {
    char[] units = text.toCharArray();
    for (int i = 0, j = units.length - 1; i < j; i++, j--) {
      char swapped = units[i];
      units[i] = units[j];
      units[j] = swapped;
    }
    return new String(units);
  }
}
