package io.headrace.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps what people wrote from acting as control tokens in a rendered conversation. The template's own {@code <|im_end|>} must become
 * that token; the same characters inside a message must stay text. So each control token's text that occurs in a message gets marks
 * between its characters, which hide it from the search for control tokens; {@link Tokenizer#encodeRendered} drops them afterwards.
 *
 * <p>The mark is U+FDD0, a code point that Unicode sets aside for internal use; one that comes from outside is dropped with it.
 *
 * <p>Thread: immutable, any.
 */
public final class ControlTextGuard {
  private static final char MARK = '\uFDD0';

  private final AddedTokenFinder controls;

  ControlTextGuard(AddedTokenFinder controls) {
    this.controls = controls;
  }

  /** A copy of {@code messages} in which no string holds the text of a control token. */
  public List<Map<String, Object>> guarded(List<Map<String, Object>> messages) {
    List<Map<String, Object>> copy = new ArrayList<>(messages.size());
    for (Map<String, Object> message : messages) copy.add(map(message));
    return copy;
  }

  /** {@code text} without marks. */
  static String unmarked(String text) {
    return text.indexOf(MARK) < 0 ? text : text.replace(String.valueOf(MARK), "");
  }

  private Map<String, Object> map(Map<?, ?> map) {
    Map<String, Object> copy = new LinkedHashMap<>();
    map.forEach((key, value) -> copy.put(String.valueOf(key), value(value)));
    return copy;
  }

  private Object value(Object value) {
    return switch (value) {
      case String text -> text(text);
      case Map<?, ?> map -> map(map);
      case List<?> list -> {
        List<Object> copy = new ArrayList<>(list.size());
        for (Object element : list) copy.add(value(element));
        yield copy;
      }
      case null, default -> value;
    };
  }

  private String text(String text) {
    var found = controls.next(text, 0);
    if (found == null) return text;
    StringBuilder copy = new StringBuilder();
    int from = 0;
    while (found != null) {
      copy.append(text, from, found.start());
      // A place may reach over white space around the token, so the mark goes behind every character of it.
      for (int i = found.start(); i < found.end(); ) {
        int c = text.codePointAt(i);
        copy.appendCodePoint(c).append(MARK);
        i += Character.charCount(c);
      }
      from = found.end();
      found = controls.next(text, from);
    }
    return copy.append(text, from, text.length()).toString();
  }
}
