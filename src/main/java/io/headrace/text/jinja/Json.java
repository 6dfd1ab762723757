package io.headrace.text.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes values as Python's {@code json.dumps} does.
 *
 * @param ascii whether everything beyond ASCII is escaped
 * @param indent what a level is indented by; null for one line
 * @param itemSeparator between elements
 * @param keySeparator between a key and its value
 * @param sorted whether keys are sorted
 */
record Json(boolean ascii, @Nullable String indent, String itemSeparator, String keySeparator,
    boolean sorted) {

  String write(Run run, Object value) {
    TextBuilder out = new TextBuilder(run);
    write(run, value, 0, out);
    return out.toString();
  }

  private void write(Run run, Object value, int level, TextBuilder out) {
    run.enter();
    switch (value) {
      case String text -> quote(text, out);
      case ListValue list -> items(run, list.items(), level, out);
      case Group group -> items(run, group.pair().items(), level, out);
      case Dict dict -> entries(run, dict, level, out);
      default -> out.append(scalar(run, value,
          "Object of type " + Types.name(value) + " is not JSON serializable"));
    }
    run.leave();
  }

  private static String scalar(Run run, Object value, String otherwise) {
    return switch (value) {
      case Boolean flag -> flag ? "true" : "false";
      case None none -> "null";
      case Long number -> number.toString();
      case BigInteger number -> number.toString();
      case Double number -> number.isNaN() ? "NaN"
          : number.isInfinite() ? (number > 0 ? "Infinity" : "-Infinity") : Numbers.repr(number);
      default -> throw run.error(otherwise);
    };
  }

  private void items(Run run, List<Object> items, int level, TextBuilder out) {
    if (items.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        out.append(itemSeparator);
      }
      newLine(level + 1, out);
      write(run, items.get(i), level + 1, out);
    }
    newLine(level, out);
    out.append(']');
  }

  private void entries(Run run, Dict dict, int level, TextBuilder out) {
    Collection<Dict.Entry> entries = dict.entries();
    if (entries.isEmpty()) {
      out.append("{}");
      return;
    }
    if (sorted) {
      entries = Compare.sorted(run, new ArrayList<>(entries), e -> ((Dict.Entry) e).key(), false)
          .stream().map(Dict.Entry.class::cast).toList();
    }
    out.append('{');
    boolean first = true;
    for (Dict.Entry entry : entries) {
      if (!first) {
        out.append(itemSeparator);
      }
      first = false;
      newLine(level + 1, out);
      quote(entry.key() instanceof String text ? text : scalar(run, entry.key(),
          "keys must be str, int, float, bool or None, not " + Types.name(entry.key())), out);
      out.append(keySeparator);
      write(run, entry.value(), level + 1, out);
    }
    newLine(level, out);
    out.append('}');
  }

  private void newLine(int level, TextBuilder out) {
    if (indent != null) {
      out.append('\n').repeat(indent, level);
    }
  }

  private void quote(String text, TextBuilder out) {
    out.append('"');
    int done = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= ' ' && c != '"' && c != '\\' && !(ascii && c > '~')) {
        continue;
      }
      out.append(text.substring(done, i));
      done = i + 1;
      out.append(switch (c) {
        case '"' -> "\\\"";
        case '\\' -> "\\\\";
        case '\n' -> "\\n";
        case '\r' -> "\\r";
        case '\t' -> "\\t";
        case '\b' -> "\\b";
        case '\f' -> "\\f";
        default -> String.format("\\u%04x", (int) c);
      });
    }
    out.append(text.substring(done)).append('"');
  }
}
