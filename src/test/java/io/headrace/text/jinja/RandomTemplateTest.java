package io.headrace.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever the text, a template renders or throws {@link TemplateException}, and does so again when
 * rendered again.
 */
class RandomTemplateTest {
  private static final Limits SMALL = new Limits(50_000, 20_000, 400_000, 400, 500, Long.MAX_VALUE);

  private static final List<String> PIECES = List.of("{{", "}}", "{%", "%}", "{#", "#}", "{{-",
      "-}}", "{%-", "-%}", "{%+", "+%}", "(", ")", "[", "]", "{", "}", "'", "\"", "\\", "\n",
      "\r\n", " ", " ", " ", ".", ",", ":", "|", "=", "==", "!=", "<", ">=", "+", "-", "*", "**",
      "/", "//", "%", "~", "1", "0", "-1", "2.5", "1e5", "0x1f", "99999999999999999999", "'a'",
      "'é😀'", "\"b c\"", "if", "elif", "else", "endif", "for", "in", "endfor", "recursive", "set",
      "endset", "macro", "endmacro", "call", "endcall", "filter", "endfilter", "with", "endwith",
      "raw", "endraw", "generation", "endgeneration", "break", "continue", "is", "is not", "not",
      "and", "or", "none", "true", "false", "x", "y", "s", "l", "d", "n", "f", "loop", "loop.index",
      "namespace", "range", "caller", "varargs", "kwargs", "items", "split", "é", "\u0000", "\ud83d");

  private static final List<String> ATOMS = List.of("s", "n", "f", "l", "d", "t", "none", "missing",
      "big", "m", "loop", "range(5)", "'a b'", "[1, 'x']", "(1, 2)", "{'k': [1]}", "-1", "0", "2.5",
      "namespace(a=1)", "'%s'", "''", "joiner()", "f.x", "d.items()", "l|map('string')");

  private static Map<String, Object> context() {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("s", "Hello é😀 World");
    context.put("n", 7);
    context.put("f", Double.NaN);
    context.put("l", List.of(3, 1, "b", List.of()));
    context.put("d", Map.of("k", "v"));
    context.put("t", true);
    context.put("none_value", null);
    context.put("big", BigInteger.TEN.pow(40));
    context.put("m", List.of(Map.of("role", "user", "content", "hi")));
    return context;
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void aRandomSequenceOfPiecesThrowsNothingElse(long seed) {
    Random random = new Random(seed);
    int rendered = 0;
    for (int i = 0; i < 5_000; i++) {
      StringBuilder template = new StringBuilder();
      for (int k = random.nextInt(30); k >= 0; k--) {
        template.append(pick(random, PIECES));
        if (random.nextBoolean()) {
          template.append(' ');
        }
      }
      rendered += outcome(template.toString()).startsWith("ok") ? 1 : 0;
    }
    assertTrue(rendered > 0);
  }

  @ParameterizedTest
  @ValueSource(longs = {11, 12, 13, 14})
  void aRandomExpressionThrowsNothingElse(long seed) {
    Random random = new Random(seed);
    List<String> filters = new ArrayList<>(Filters.ALL.keySet().stream().sorted().toList());
    List<String> tests = new ArrayList<>(Predicates.ALL.keySet().stream().sorted().toList());
    List<String> methods = new ArrayList<>(StringMethods.NAMES.stream().sorted().toList());
    methods.addAll(List.of("get", "items", "keys", "values", "copy", "index", "append", "x"));
    int rendered = 0;
    for (int i = 0; i < 5_000; i++) {
      String expression = expression(random, 3, filters, tests, methods);
      String template = random.nextBoolean() ? "{{ " + expression + " }}"
          : "{% for a in " + expression + " %}{{ a }}{{ loop.last }}{% else %}e{% endfor %}";
      String first = outcome(template);
      assertEquals(first, outcome(template), template);
      rendered += first.startsWith("ok") ? 1 : 0;
    }
    assertTrue(rendered > 200, "only " + rendered + " rendered");
  }

  private static String expression(Random random, int depth, List<String> filters,
      List<String> tests, List<String> methods) {
    if (depth == 0) {
      return pick(random, ATOMS);
    }
    String a = expression(random, depth - 1 - random.nextInt(depth), filters, tests, methods);
    String b = expression(random, depth - 1 - random.nextInt(depth), filters, tests, methods);
    String arguments = List.of("", "(" + b + ")", "(" + b + ", " + a + ")", "(width=" + b + ")",
        "(*" + b + ")", "(attribute=" + b + ")").get(random.nextInt(6));
    return switch (random.nextInt(9)) {
      case 0, 1 -> "(" + a + ")|" + pick(random, filters) + arguments;
      case 2 -> "(" + a + ") is " + pick(random, tests) + arguments;
      case 3, 4 -> "(" + a + ")." + pick(random, methods)
          + (arguments.isEmpty() ? "()" : arguments);
      case 5 -> "(" + a + ")[" + b + "]";
      case 6 -> "(" + a + ")[" + b + ":" + a + ":" + b + "]";
      case 7 -> a + " " + pick(random, List.of("+", "-", "*", "/", "//", "%", "**", "~", "==", "<",
          "in", "not in", "and", "or")) + " " + b;
      default -> "[" + a + ", {" + b + ": " + a + "}]";
    };
  }

  @Test
  void publishedTemplatesWithPiecesCutOutThrowNothingElse() {
    Random random = new Random(5);
    List<Map<String, Object>> golden = GoldenLines.of("chat-templates.jsonl");
    for (int i = 0; i < 2_000; i++) {
      Map<String, Object> one = golden.get(random.nextInt(golden.size()));
      String name = (String) one.get("template");
      String source = GoldenLines.text("templates/"
          + (name.endsWith(".jinja") ? name : name + ".jinja"));
      int from = random.nextInt(source.length());
      int to = Math.min(source.length(), from + random.nextInt(40));
      String cut = source.substring(0, from) + pick(random, PIECES) + source.substring(to);
      Map<String, Object> context = new LinkedHashMap<>();
      context.put("messages", one.get("messages"));
      context.put("tools", one.get("tools"));
      outcome(cut, context);
    }
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static String outcome(String template) {
    return outcome(template, context());
  }

  /** What a template gives; any other exception fails the test and shows the template. */
  private static String outcome(String template, Map<String, Object> context) {
    try {
      return "ok " + JinjaTemplate.parse(template)
          .render(context, SMALL, GoldenLines.CLOCK, () -> 0);
    } catch (TemplateException e) {
      return "error " + e.getMessage();
    } catch (RuntimeException | Error e) {
      throw new AssertionError(template, e);
    }
  }
}
