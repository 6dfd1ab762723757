package io.headrace.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Methods of Python's {@code str}. */
final class StringMethods {
  static final Set<String> NAMES = Set.of(
      "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format",
      "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier",
      "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust",
      "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind",
      "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith",
      "strip", "swapcase", "title", "upper", "zfill");

  private StringMethods() {}

  static Object call(Evaluator evaluator, String text, String name, CallArguments arguments) {
    Run run = evaluator.run();
    run.read(text);
    return switch (name) {
      case "strip", "lstrip", "rstrip" -> {
        CallArguments.Bound given = arguments.bind(run, name, "chars");
        yield strip(run, text, given.given(0) ? given.text(0) : null, !name.equals("rstrip"),
            !name.equals("lstrip"));
      }
      case "split", "rsplit" -> {
        CallArguments.Bound given = arguments.bind(run, name, "sep", "maxsplit");
        long most = given.whole(1, -1);
        long splits = most < 0 ? Long.MAX_VALUE : most;
        yield ListValue.list(given.given(0)
            ? Splitting.at(run, text, given.text(0), splits, name.equals("rsplit"))
            : Splitting.atSpace(run, text, splits, name.equals("rsplit")));
      }
      case "splitlines" -> ListValue.list(Splitting.lines(run, text,
          arguments.bind(run, name, "keepends").truth(0, false)));
      case "partition", "rpartition" -> {
        String separator = arguments.bind(run, name, "sep").text(0);
        yield Splitting.partition(run, text, separator, name.equals("rpartition"));
      }
      case "replace" -> {
        CallArguments.Bound given = arguments.bind(run, name, "old", "new", "count");
        yield replace(run, text, given.text(0), given.text(1), given.whole(2, -1));
      }
      case "startswith", "endswith" -> affix(run, text, name,
          arguments.bind(run, name, "prefix", "start", "end"));
      case "find", "rfind", "index", "rindex", "count" -> search(run, text, name,
          arguments.bind(run, name, "sub", "start", "end"));
      case "removeprefix", "removesuffix" -> {
        String affix = arguments.bind(run, name, "affix").text(0);
        run.chars(text.length());
        if (name.equals("removeprefix")) {
          yield text.startsWith(affix) ? text.substring(affix.length()) : text;
        }
        yield text.endsWith(affix) ? text.substring(0, text.length() - affix.length()) : text;
      }
      case "join" -> {
        List<Object> parts = Iteration.toList(run, arguments.bind(run, name, "iterable")
            .required(0));
        for (int i = 0; i < parts.size(); i++) {
          if (!(parts.get(i) instanceof String)) {
            throw run.error("sequence item " + i + ": expected str instance, "
                + Types.name(parts.get(i)) + " found");
          }
        }
        yield Printing.joined(run, parts, text);
      }
      case "format" -> BraceFormat.format(run, text, arguments);
      case "center", "ljust", "rjust" -> {
        CallArguments.Bound given = arguments.bind(run, name, "width", "fillchar");
        yield pad(run, text, given.whole(0), given.text(1, " "), name);
      }
      case "zfill" -> zeroFill(run, text, arguments.bind(run, name, "width").whole(0));
      case "expandtabs" -> expandTabs(run, text, arguments.bind(run, name, "tabsize").whole(0, 8));
      default -> {
        arguments.bind(run, name);
        if (name.startsWith("is")) {
          yield StringPredicates.holds(name, text);
        }
        // Upper case can be three times as long.
        run.chars(3L * text.length());
        yield switch (name) {
          case "upper" -> text.toUpperCase(Locale.ROOT);
          case "lower" -> text.toLowerCase(Locale.ROOT);
          case "casefold" -> text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
          case "capitalize" -> capitalize(text);
          case "title" -> title(text);
          default -> swapCase(text);
        };
      }
    };
  }

  static String strip(Run run, String text, @Nullable String set,
      boolean start, boolean end) {
    run.chars(text.length());
    if (set != null) {
      run.chars(4L * set.length());
      return Chars.strip(text, set, start, end);
    }
    String left = start ? Chars.stripStart(text) : text;
    return end ? Chars.stripEnd(left) : left;
  }

  static String replace(Run run, String text, String old, String with, long count) {
    long left = count < 0 ? Long.MAX_VALUE : count;
    TextBuilder out = new TextBuilder(run);
    int done = 0;
    if (old.isEmpty()) {
      // Between all code points, and at both ends.
      for (int at = 0; at <= text.length() && left > 0; left--) {
        out.append(text.substring(done, at)).append(with);
        done = at;
        at += at < text.length() ? Character.charCount(text.codePointAt(at)) : 1;
      }
      return out.append(text.substring(done)).toString();
    }
    for (int at = Chars.indexOf(text, old, 0); at >= 0 && left > 0;
        at = Chars.indexOf(text, old, done), left--) {
      out.append(text.substring(done, at)).append(with);
      done = at + old.length();
      // Chars.indexOf prepares a long needle anew each time.
      run.work(old.length() >> 4);
    }
    return out.append(text.substring(done)).toString();
  }

  private static Object affix(Run run, String text, String name, CallArguments.Bound given) {
    Object part = part(run, text, given);
    Object wanted = given.required(0);
    List<Object> choices = wanted instanceof ListValue list && list.tuple() ? list.items()
        : List.of(wanted);
    boolean any = false;
    for (Object choice : choices) {
      if (!(choice instanceof String affix)) {
        throw run.error(name + " first arg must be str or a tuple of str, not "
            + Types.name(choice));
      }
      run.read(affix);
      any |= part instanceof String within
          && (name.equals("startswith") ? within.startsWith(affix) : within.endsWith(affix));
    }
    return any;
  }

  /** The part between start and end, or None where start is behind the text's end. */
  private static Object part(Run run, String text, CallArguments.Bound given) {
    if (!given.given(1) && !given.given(2)) {
      return text;
    }
    Object start = given.value(1, None.NONE);
    if (Numbers.isWhole(start) && Numbers.clamp(start) > Chars.length(text)) {
      return None.NONE;
    }
    return Lookup.slice(run, text, start, given.value(2, None.NONE), None.NONE);
  }

  private static Object search(Run run, String text, String name, CallArguments.Bound given) {
    String wanted = given.text(0);
    String within = part(run, text, given) instanceof String part ? part : null;
    if (name.equals("count")) {
      return within == null ? 0L : count(run, within, wanted);
    }
    int found = within == null ? -1 : name.startsWith("r") ? Chars.lastIndexOf(within, wanted)
        : Chars.indexOf(within, wanted, 0);
    if (found < 0) {
      if (name.endsWith("index")) {
        throw run.error("substring not found");
      }
      return -1L;
    }
    long offset = 0;
    if (given.given(1)) {
      long start = given.whole(1);
      offset = start < 0 ? Math.max(0, start + Chars.length(text)) : start;
    }
    return offset + within.codePointCount(0, found);
  }

  private static long count(Run run, String text, String wanted) {
    if (wanted.isEmpty()) {
      return Chars.length(text) + 1L;
    }
    long count = 0;
    for (int at = Chars.indexOf(text, wanted, 0); at >= 0;
        at = Chars.indexOf(text, wanted, at + wanted.length())) {
      count++;
      run.work(1 + (wanted.length() >> 4));
    }
    return count;
  }

  /** Python centres an odd rest to the left or right by the width's parity. */
  static String pad(Run run, String text, long width, String fill, String how) {
    if (Chars.length(fill) != 1) {
      throw run.error("The fill character must be exactly one character long");
    }
    long missing = width - Chars.length(text);
    if (missing <= 0) {
      return text;
    }
    run.chars(text.length() + Math.min(missing, Integer.MAX_VALUE) * fill.length());
    long left = switch (how) {
      case "ljust" -> 0;
      case "rjust" -> missing;
      default -> missing / 2 + (missing & width & 1);
    };
    return fill.repeat((int) left) + text + fill.repeat((int) (missing - left));
  }

  private static String zeroFill(Run run, String text, long width) {
    boolean signed = text.startsWith("-") || text.startsWith("+");
    String sign = signed ? text.substring(0, 1) : "";
    return sign + pad(run, text.substring(sign.length()), width - sign.length(), "0", "rjust");
  }

  private static String expandTabs(Run run, String text, long tabSize) {
    TextBuilder out = new TextBuilder(run);
    long column = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\t') {
        long spaces = tabSize <= 0 ? 0 : tabSize - column % tabSize;
        out.repeat(" ", spaces);
        column += spaces;
      } else {
        out.appendCodePoint(c);
        column = c == '\n' || c == '\r' ? 0 : column + 1;
      }
    }
    return out.toString();
  }

  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.offsetByCodePoints(0, 1);
    // Small letters can depend on their neighbours (the Greek sigma): the whole text is made small.
    int small = text.substring(0, first).toLowerCase(Locale.ROOT).length();
    return titleCase(text.substring(0, first)) + text.toLowerCase(Locale.ROOT).substring(small);
  }

  private static String titleCase(String one) {
    int c = one.codePointAt(0);
    int title = Character.toTitleCase(c);
    return title != c || Character.isTitleCase(c) ? Character.toString(title)
        : capitalised(one.toUpperCase(Locale.ROOT));
  }

  /** A letter whose upper case is several, such as sharp s, keeps only the first of them large. */
  private static String capitalised(String upper) {
    int first = upper.offsetByCodePoints(0, 1);
    return upper.substring(0, first) + upper.substring(first).toLowerCase(Locale.ROOT);
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder(text.length());
    boolean inWord = false;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      String one = Character.toString(c);
      i += one.length();
      out.append(inWord ? one.toLowerCase(Locale.ROOT) : titleCase(one));
      inWord = StringPredicates.isCased(c);
    }
    return out.toString();
  }

  private static String swapCase(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().forEach(c -> {
      String one = Character.toString(c);
      out.append(Character.isUpperCase(c) ? one.toLowerCase(Locale.ROOT)
          : Character.isLowerCase(c) ? one.toUpperCase(Locale.ROOT) : one);
    });
    return out.toString();
  }

  /**
   * What Jinja's title filter does: each run of characters after white space or an opening bracket
   * starts large.
   */
  static String titleWords(String text) {
    StringBuilder out = new StringBuilder(text.length());
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      boolean separates = i == text.length() || "-({[<".indexOf(text.charAt(i)) >= 0
          || Chars.isSpace(text.charAt(i));
      if (separates) {
        if (i > start) {
          int first = text.offsetByCodePoints(start, 1);
          out.append(text.substring(start, first).toUpperCase(Locale.ROOT))
              .append(text.substring(first, i).toLowerCase(Locale.ROOT));
        }
        if (i < text.length()) {
          out.append(text.charAt(i));
        }
        start = i + 1;
      }
    }
    return out.toString();
  }}
