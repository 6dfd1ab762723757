package io.headrace.text.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A parsed template, as Jinja2's immutable sandbox with trim_blocks and lstrip_blocks would take
 * it, with {@code tojson}, {@code raise_exception}, {@code strftime_now}, loop controls and the
 * {@code generation} tag as transformers adds them.
 *
 * <p>Known differences: {@code include}, {@code import}, {@code extends} and {@code block} are
 * syntax errors; filters that no chat template has use for (random, urlize, xmlattr and the like)
 * do not exist; a format specification cannot group binary digits or padding zeros; what
 * {@code escape} and {@code safe} give is plain text, so adding to it escapes nothing.
 *
 * <p>Immutable; any thread may render.
 */
public final class JinjaTemplate {
  /** Longest source in characters; real templates have some thousand. */
  private static final int MAX_SOURCE = 1 << 19;

  /** A template that needs every class of this package. */
  private static final String EVERYTHING = """
      {% macro m(a, b=1) %}{{ caller() if caller }}{{ varargs }}{{ kwargs }}{% endmacro %}
      {% call m(1, 2, 3, k=4) %}{% endcall %}{% set ns = namespace(x=1) %}{% set ns.x, y = 1, 2 %}
      {% for i in range(3) if i recursive %}{{ loop.last }}{% continue %}{% break %}{% else %}
      {% endfor %}{% with a = 1 %}{% filter upper | trim %}{% raw %}{% endraw %}{% endfilter %}
      {% endwith %}{% set z %}{% endset %}{% if x is defined %}{% elif y == 2 %}{% endif %}
      {% generation %}{{ 'a b'.split()[::-1] ~ {1: [2.5, none]} | tojson(indent=1) }}
      {% endgeneration %}{{ '%5.2f' % 1.5 }}{{ '{:>5}'.format(2) }}{{ -1 + 2 ** 70 // 3 }}
      {{ [{'k': 1}] | groupby('k') }}{{ [3, 1] | sort | map('string') | join }}{{ 'x\\x01' | list }}
      {{ {'a': 1}.items() | list }}{{ [1].index(1) }}{{ strftime_now('%c %V') }}{{ 'ab' is upper }}
      {{ 1 < 2.5 and not 'a' in 'b' or 1 }}{{ joiner() }}{{ 2.5 | round(1) }}
      {{ (1, [2]) == (1, 2) }}
      {{ dict(a=1) | dictsort }}{{ 'a' | indent }}{{ '\\n' | replace('a', 'b') }}{{ '12' | int }}
      """;

  /**
   * Loads all that templates can need, by rendering one: a tenth of a second when nothing is
   * compiled. Rendering works without it, but a class whose first use meets the end of the stack
   * stays unusable for good; the limits stop a template before, unless its thread has little stack.
   */
  public static void prepare() {
    parse(EVERYTHING).render(Map.of(), Limits.DEFAULT, Clock.systemUTC(), System::nanoTime);
  }

  private final List<Stmt> body;

  private JinjaTemplate(List<Stmt> body) {
    this.body = body;
  }

  /**
   * Parses a template.
   *
   * @throws TemplateException of kind SYNTAX with the line, or LIMIT where it is too long or nests
   *     too deep
   */
  public static JinjaTemplate parse(String source) {
    if (source.length() > MAX_SOURCE) {
      throw new TemplateException(TemplateException.Kind.LIMIT, 0, "the template has "
          + source.length() + " characters, more than " + MAX_SOURCE);
    }
    try {
      return new JinjaTemplate(StatementParser.parse(source));
    } catch (StackOverflowError e) {
      throw tooDeep();
    }
  }

  /**
   * Renders the template.
   *
   * @param context its variables: texts, booleans, {@code Integer}, {@code Long}, {@code
   *     BigInteger}, {@code Double}, null, lists and maps with text keys, nested as deep as the
   *     limits allow
   * @param limits what the rendering may use
   * @param clock what {@code strftime_now} tells, with its zone
   * @param nanoTime a clock for the time limit, such as {@code System::nanoTime}
   * @throws TemplateException where the template fails, raises, or runs into a limit
   * @throws IllegalArgumentException where the context holds a value of another type
   */
  public String render(Map<String, ? extends @Nullable Object> context, Limits limits, Clock clock,
      LongSupplier nanoTime) {
    Run run = new Run(limits, clock, nanoTime);
    try {
      Map<String, Object> variables = HashMap.newHashMap(context.size());
      context.forEach((name, value) -> variables.put(name, ContextValues.from(run, value)));
      Scope globals = new Scope(null, Globals.ALL);
      Scope scope = new Scope(globals, variables).inner();
      return new Renderer(new Evaluator(run)).captured(body, scope);
    } catch (StackOverflowError e) {
      // The depth limit comes first unless the caller's own stack is small or nearly used up.
      throw tooDeep();
    }
  }

  private static TemplateException tooDeep() {
    return new TemplateException(TemplateException.Kind.LIMIT, 0,
        "the chat template nests deeper than the stack allows");
  }
}
