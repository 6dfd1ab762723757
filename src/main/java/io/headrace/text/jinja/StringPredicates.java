package io.headrace.text.jinja;

import java.util.function.IntPredicate;

/** The {@code is...} methods of Python's {@code str}. */
final class StringPredicates {
  private StringPredicates() {}

  static boolean holds(String name, String text) {
    return switch (name) {
      case "isascii" -> text.chars().allMatch(c -> c < 0x80);
      case "isprintable" -> text.codePoints().allMatch(Printing::isPrintable);
      case "isidentifier" -> !text.isEmpty()
          && (text.codePointAt(0) == '_' || Character.isUnicodeIdentifierStart(text.codePointAt(0)))
          && text.codePoints().allMatch(Character::isUnicodeIdentifierPart);
      case "isupper" -> cased(text, StringPredicates::isUpper);
      case "islower" -> cased(text, Character::isLowerCase);
      case "istitle" -> isTitle(text);
      default -> !text.isEmpty() && text.codePoints().allMatch(ofAll(name));
    };
  }

  private static IntPredicate ofAll(String name) {
    return switch (name) {
      case "isspace" -> Chars::isSpace;
      case "isalpha" -> Character::isLetter;
      case "isalnum" -> c -> Character.isLetter(c) || isNumeric(c);
      case "isdecimal" -> Character::isDigit;
      case "isdigit" -> c -> Character.isDigit(c) || isDigitLike(c);
      default -> StringPredicates::isNumeric;
    };
  }

  /** Digits that are not decimal: superscripts, subscripts and circled ones. */
  private static boolean isDigitLike(int c) {
    return c == 0xb2 || c == 0xb3 || c == 0xb9 || c == 0x2070 || c >= 0x2074 && c <= 0x2079
        || c >= 0x2080 && c <= 0x2089 || c >= 0x2460 && c <= 0x2468;
  }

  static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private static boolean isUpper(int c) {
    return Character.isUpperCase(c);
  }

  static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  /** At least one cased letter, and all of them of this case. */
  private static boolean cased(String text, IntPredicate wanted) {
    return text.codePoints().anyMatch(StringPredicates::isCased)
        && text.codePoints().filter(StringPredicates::isCased).allMatch(wanted);
  }

  private static boolean isTitle(String text) {
    boolean any = false;
    boolean inWord = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      boolean large = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (isCased(c) && large == inWord) {
        return false;
      }
      any |= large;
      inWord = isCased(c);
    }
    return any;
  }
}
