package io.headrace.text.jinja;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;

/** How Python prints values. */
final class Printing {
  private Printing() {}

  /** {@code str(value)}: what a template prints. */
  static String text(Run run, Object value) {
    return switch (value) {
      case String text -> text;
      case Undefined undefined -> "";
      case Boolean flag -> flag ? "True" : "False";
      case None none -> "None";
      case Double number -> Numbers.repr(number);
      case Long number -> number.toString();
      default -> {
        TextBuilder out = new TextBuilder(run);
        repr(run, value, out);
        yield out.toString();
      }
    };
  }

  /** {@code repr(value)}: texts in quotes. */
  static String repr(Run run, Object value) {
    TextBuilder out = new TextBuilder(run);
    repr(run, value, out);
    return out.toString();
  }

  private static void repr(Run run, Object value, TextBuilder out) {
    run.enter();
    switch (value) {
      case String text -> quoted(text, out);
      case Boolean flag -> out.append(flag ? "True" : "False");
      case None none -> out.append("None");
      case Undefined undefined -> out.append("Undefined");
      case Long number -> out.append(number.toString());
      case BigInteger number -> out.append(number.toString());
      case Double number -> out.append(Numbers.repr(number));
      case Group group -> items(run, "(", group.pair().items().iterator(), ")", out);
      case ListValue list when list.tuple() -> items(run, "(", list.items().iterator(),
          list.items().size() == 1 ? ",)" : ")", out);
      case ListValue list -> items(run, "[", list.items().iterator(), "]", out);
      case Dict dict -> entries(run, dict.entries(), out);
      case DictView view -> items(run, Types.name(view) + "([", view.iterator(), "])", out);
      case Range range -> out.append("range(" + range.start() + ", " + range.stop()
          + (range.step() == 1 ? ")" : ", " + range.step() + ")"));
      case Namespace namespace -> {
        out.append("<Namespace ");
        entries(run, namespace.variables().entrySet().stream()
            .map(e -> new Dict.Entry(e.getKey(), e.getValue())).toList(), out);
        out.append(">");
      }
      case Macro macro -> out.append("<Macro '" + macro.code().name() + "'>");
      case LoopState loop -> out.append("<LoopContext " + loop.index() + ">");
      case Callable.Function function -> out.append("<function " + function.name() + ">");
      case Callable.Method method -> out.append("<built-in method " + method.name() + " of "
          + Types.name(method.receiver()) + " object>");
      default -> out.append("<" + Types.name(value) + " object>");
    }
    run.leave();
  }

  private static void items(Run run, String open, Iterator<Object> items, String close,
      TextBuilder out) {
    out.append(open);
    while (items.hasNext()) {
      repr(run, items.next(), out);
      if (items.hasNext()) {
        out.append(", ");
      }
    }
    out.append(close);
  }

  private static void entries(Run run, Collection<Dict.Entry> entries, TextBuilder out) {
    out.append("{");
    String separator = "";
    for (Dict.Entry entry : entries) {
      out.append(separator);
      repr(run, entry.key(), out);
      out.append(": ");
      repr(run, entry.value(), out);
      separator = ", ";
    }
    out.append("}");
  }

  /** A text in single quotes, or in double ones where it has single ones only. */
  private static void quoted(String text, TextBuilder out) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      switch (c) {
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\\' -> out.append("\\\\");
        default -> {
          if (c == quote) {
            out.append('\\').append(quote);
          } else if (isPrintable(c)) {
            out.appendCodePoint(c);
          } else {
            out.append(c < 0x100 ? String.format("\\x%02x", c)
                : c < 0x10000 ? String.format("\\u%04x", c) : String.format("\\U%08x", c));
          }
        }
      }
    }
    out.append(quote);
  }

  /** What {@code str.isprintable} accepts. */
  static boolean isPrintable(int c) {
    return c == ' ' || switch (Character.getType(c)) {
      case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE,
          Character.UNASSIGNED, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR -> false;
      default -> true;
    };
  }

  /** Texts of all elements, with a separator between them. */
  static String joined(Run run, List<Object> items, String separator) {
    TextBuilder out = new TextBuilder(run);
    for (int i = 0; i < items.size(); i++) {
      if (i > 0) {
        out.append(separator);
      }
      out.append(text(run, items.get(i)));
    }
    return out.toString();
  }
}
