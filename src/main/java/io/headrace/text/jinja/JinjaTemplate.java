package io.headrace.text.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A parsed template, as Jinja2's immutable sandbox with trim_blocks and lstrip_blocks would take it, with {@code tojson},
 * {@code raise_exception}, {@code strftime_now}, loop controls and the {@code generation} tag as transformers adds them.
 *
 * <p>Differences, all on the side of refusing: {@code include}, {@code import}, {@code extends} and {@code block} are syntax errors, and
 * filters that no chat template has use for (random, urlize, xmlattr and the like) do not exist. Texts that {@code escape} or
 * {@code safe} give are plain texts. Immutable; any thread may render.
 */
public final class JinjaTemplate {
  /** Longest source in characters; real templates have some thousand. */
  private static final int MAX_SOURCE = 1 << 19;

  private final List<Stmt> body;

  private JinjaTemplate(List<Stmt> body) {
    this.body = body;
  }

  /**
   * Parses a template.
   *
   * @throws TemplateException of kind SYNTAX with the line, or LIMIT where it is too long or nests too deep
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
   * @param context its variables: texts, booleans, {@code Integer}, {@code Long}, {@code BigInteger}, {@code Double}, null, lists
   *     and maps with text keys, nested as deep as the limits allow
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
