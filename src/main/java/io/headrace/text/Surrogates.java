package io.headrace.text;

/** Java strings can hold half a surrogate pair, which no UTF-8 text can. */
final class Surrogates {
  private Surrogates() {}

  /** Whether {@code text} is free of halves. */
  static boolean areWhole(CharSequence text) {
    return firstLone(text, 0) < 0;
  }

  /** {@code text} with U+FFFD in place of every half. */
  static String replaceLone(String text) {
    int lone = firstLone(text, 0);
    if (lone < 0) {
      return text;
    }
    var whole = new StringBuilder(text);
    for (; lone >= 0; lone = firstLone(whole, lone + 1)) {
      whole.setCharAt(lone, '\uFFFD');
    }
    return whole.toString();
  }

  private static int firstLone(CharSequence text, int from) {
    for (int i = from; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }
}
