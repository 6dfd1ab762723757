package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Filters on texts; most take any value and work on what it prints. */
final class TextFilters {
  private TextFilters() {}

  static void addTo(Map<String, Filters.Filter> all) {
    all.put("upper", (ev, v, a) -> cased(ev, v, a, "upper"));
    all.put("lower", (ev, v, a) -> cased(ev, v, a, "lower"));
    all.put("title", (ev, v, a) -> cased(ev, v, a, "title"));
    all.put("capitalize", (ev, v, a) -> cased(ev, v, a, "capitalize"));
    all.put("trim", TextFilters::trim);
    all.put("replace", TextFilters::replace);
    all.put("center", (ev, v, a) -> StringMethods.pad(ev.run(), Printing.text(ev.run(), v),
        a.bind(ev.run(), "center", "width").whole(0, 80), " ", "center"));
    all.put("indent", TextFilters::indent);
    all.put("truncate", TextFilters::truncate);
    all.put("wordcount", TextFilters::wordCount);
    all.put("format", TextFilters::format);
    all.put("escape", TextFilters::escape);
    all.put("e", TextFilters::escape);
    all.put("forceescape", TextFilters::escape);
    all.put("safe", TextFilters::string);
    all.put("string", TextFilters::string);
  }

  private static Object string(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "string");
    return Printing.text(ev.run(), value);
  }

  private static Object cased(Evaluator ev, Object value, CallArguments arguments, String how) {
    arguments.bind(ev.run(), how);
    String text = Printing.text(ev.run(), value);
    ev.run().chars(3L * text.length());
    return switch (how) {
      case "upper" -> text.toUpperCase(Locale.ROOT);
      case "lower" -> text.toLowerCase(Locale.ROOT);
      case "title" -> StringMethods.titleWords(text);
      default -> StringMethods.capitalize(text);
    };
  }

  private static Object trim(Evaluator ev, Object value, CallArguments arguments) {
    CallArguments.Bound given = arguments.bind(ev.run(), "trim", "chars");
    return StringMethods.strip(ev.run(), Printing.text(ev.run(), value),
        given.given(0) ? given.text(0) : null, true, true);
  }

  private static Object replace(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "replace", "old", "new", "count");
    return StringMethods.replace(run, Printing.text(run, value),
        Printing.text(run, given.required(0)), Printing.text(run, given.required(1)),
        given.given(2) ? given.whole(2) : -1);
  }

  private static Object indent(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "indent", "width", "first", "blank");
    if (!(value instanceof String text)) {
      throw run.error("indent needs a string, not '" + Types.name(value) + "'");
    }
    Object width = given.value(0, 4L);
    String indentation = width instanceof String own ? own
        : StringMethods.pad(run, "", given.whole(0, 4), " ", "ljust");
    List<Object> lines = Splitting.lines(run, text + "\n", false);
    TextBuilder out = new TextBuilder(run);
    boolean blank = given.truth(2, false);
    for (int i = 0; i < lines.size(); i++) {
      String line = (String) lines.get(i);
      boolean indented = i == 0 ? given.truth(1, false) : blank || !line.isEmpty();
      out.append(i == 0 ? "" : "\n").append(indented ? indentation : "").append(line);
    }
    return out.toString();
  }

  private static Object truncate(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given =
        arguments.bind(run, "truncate", "length", "killwords", "end", "leeway");
    long length = given.whole(0, 255);
    String end = given.text(2, "...");
    long leeway = given.given(3) ? given.whole(3) : 5;
    long kept = length - Chars.length(end);
    if (kept < 0 || leeway < 0) {
      throw run.error(kept < 0 ? "truncate needs a length of at least " + Chars.length(end)
          : "truncate needs a leeway of at least 0");
    }
    if (!(value instanceof String text) || Chars.length(text) - leeway <= length) {
      int elements = Iteration.length(value);
      if (elements < 0 || elements - leeway > length) {
        throw run.error("truncate needs a string, not '" + Types.name(value) + "'");
      }
      return value;
    }
    String start = text.substring(0, text.offsetByCodePoints(0, (int) kept));
    int space = given.truth(1, false) ? -1 : start.lastIndexOf(' ');
    run.chars((long) start.length() + end.length());
    return (space < 0 ? start : start.substring(0, space)) + end;
  }

  private static Object wordCount(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "wordcount");
    String text = Printing.text(ev.run(), value);
    ev.run().read(text);
    long words = 0;
    boolean inWord = false;
    for (int i = 0; i < text.length(); i++) {
      int c = text.codePointAt(i);
      boolean part = c == '_' || Character.isLetter(c) || StringPredicates.isNumeric(c);
      words += part && !inWord ? 1 : 0;
      inWord = part;
      i += Character.charCount(c) - 1;
    }
    return words;
  }

  private static Object format(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
      throw run.error("can't handle positional and keyword arguments at the same time");
    }
    Object values = new ListValue(new ArrayList<>(arguments.positional()), true);
    if (!arguments.named().isEmpty()) {
      Dict named = new Dict();
      arguments.named().forEach((name, part) -> named.put(run, name, part));
      values = named;
    }
    return PercentFormat.format(run, Printing.text(run, value), values);
  }

  private static Object escape(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "escape");
    String text = Printing.text(ev.run(), value);
    TextBuilder out = new TextBuilder(ev.run());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&#34;");
        case '\'' -> out.append("&#39;");
        default -> out.append(c);
      }
    }
    return out.toString();
  }
}
