package io.headrace.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostileTemplateTest {
  /** The usual limits, but for the steps, so that the tests end soon. */
  private static final Limits FEW_STEPS =
      new Limits(2_000_000, 8 << 20, 64L << 20, 400, 100_000, Long.MAX_VALUE);

  private static final String TEN = "0123456789";

  @ParameterizedTest
  @ValueSource(strings = {
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f() %}{{ g() }}{% endmacro %}{% macro g() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f(x=f()) %}{% endmacro %}{{ f() }}",
    "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "{% macro f() %}{{ caller() }}{% endmacro %}"
        + "{% macro g() %}{% call f() %}{{ g() }}{% endcall %}{% endmacro %}{{ g() }}",
    "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "{{ range(1000000000) }}",
    "{{ range(-9223372036854775807, 9223372036854775807) }}",
    "{{ range(99999999999999999999999999) }}",
    "{{ 'a' * 10**9 }}",
    "{{ 10**9 * 'a' }}",
    "{{ [0] * 10**9 }}",
    "{{ 'a' * 10**30 }}",
    "{{ 9**9**9**9**9 }}",
    "{{ 10 ** 100000 }}",
    "{% set ns = namespace(n=3) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
    "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(s='ab') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}"
        + "{{ ns.l | tojson }}",
    "{% set a = namespace(l=[1]) %}{% set b = namespace(l=[1]) %}{% for i in range(99) %}"
        + "{% set a.l = [a.l, a.l] %}{% set b.l = [b.l, b.l] %}{% endfor %}{{ a.l == b.l }}",
    "{% set ns = namespace(l=(1,)) %}{% for i in range(99) %}{% set ns.l = (ns.l, ns.l) %}{% endfor %}"
        + "{{ {ns.l: 1} }}",
    "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
    "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}{% set ns.l = [ns.l] %}{% endfor %}"
        + "{{ ns.l | tojson }}",
    "{% set ns = namespace(l=[1]) %}{% for i in range(99999) %}{% set ns.l = ns.l | map('abs') %}"
        + "{% endfor %}{{ ns.l | list }}",
    "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
    "{% set ns = namespace() %}{% set ns.me = [ns] %}{{ ns.me | string }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '%.1000000000f' % 1 }}",
    "{{ '%*d' % (1000000000, 1) }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ '{:.999999999f}'.format(1.5) }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'a'.ljust(99999999999999999999) }}",
    "{{ 'a'.zfill(1000000000) }}",
    "{{ 'a\tb'.expandtabs(1000000000) }}",
    "{{ 'a' | center(1000000000) }}",
    "{{ 'a\nb' | indent(1000000000) }}",
    "{{ [1] | tojson(indent=1000000000) }}",
    "{{ [1] | batch(1000000000, 0) | list }}",
    "{{ [1] | slice(1000000000) | list }}",
    "{% set a = 'a' * 1000000 %}{{ a.replace('a', a) }}",
    "{% set a = 'a' * 1000000 %}{{ a.replace('', a) }}",
    "{% set a = 'a' * 1000000 %}{{ a.join(a) }}",
    "{% set a = 'a' * 1000000 %}{% for i in range(99999) %}{% if (a ~ i) in a %}{% endif %}{% endfor %}",
    "{% set a = 'a' * 4000000 %}{% for i in range(99999) %}{{ a | length }}{% endfor %}",
    "{% set a = 'a' * 4000000 %}{% for i in range(99999) %}{{ a[3999999] }}{% endfor %}",
    "{% set a = 'ab' * 400000 %}{% for i in range(99999) %}{% set x = a.split('a') %}{% endfor %}",
    "{% set l = range(99999) | list %}{% for i in l %}{% if -1 in l %}{% endif %}{% endfor %}",
    "{% set l = range(99999) | list %}{% for i in l %}{% set x = l | sort %}{% endfor %}"
  })
  void aHostileTemplateRunsIntoALimit(String template) {
    TemplateException e =
        assertThrows(TemplateException.class, () -> JinjaTemplate.parse(template)
            .render(Map.of(), FEW_STEPS, GoldenLines.CLOCK, () -> 0));
    assertEquals(TemplateException.Kind.LIMIT, e.kind(), e.getMessage());
  }

  @Test
  void searchingALongTextForALongOneTakesNoSquareOfTheirLengths() {
    String template = "{% set a = 'a' * 2000000 %}{% set b = 'a' * 1000000 ~ 'b' %}{{ b in a }}"
        + "{{ a.find(b) }}{{ a.rfind('b' ~ b) }}{{ a.count(b) }}{{ a.split(b) | length }}";
    assertEquals("False-1-101", JinjaTemplateTest.render(template, Map.of()));
  }

  @Test
  void aTemplateThatNestsTooDeepIsNotParsed() {
    int n = 100_000;
    List<String> templates = List.of("{{ " + "(".repeat(n) + ")".repeat(n) + " }}",
        "{{ " + "[".repeat(n) + "]".repeat(n) + " }}",
        "{{ " + "{1:".repeat(n) + "}".repeat(n) + " }}", "{{ " + "-".repeat(n) + "1 }}",
        "{{ " + "not ".repeat(n) + "1 }}", "{{ " + "a if b else ".repeat(40_000) + "c }}",
        "{{ a" + "[a".repeat(n) + "]".repeat(n) + " }}",
        "{{ a" + "(a".repeat(n) + ")".repeat(n) + " }}",
        "{{ a" + "|f(a".repeat(n) + ")".repeat(n) + " }}", "{% if a %}".repeat(50_000),
        "{% for a in b %}".repeat(30_000), "{% macro a() %}".repeat(30_000),
        "{% set " + "(".repeat(n) + "a" + ")".repeat(n) + " %}",
        "{{ '" + "x".repeat(600_000) + "' }}");
    for (String template : templates) {
      TemplateException e =
          assertThrows(TemplateException.class, () -> JinjaTemplate.parse(template));
      assertEquals(TemplateException.Kind.LIMIT, e.kind(), e.getMessage());
    }
  }

  @Test
  void aLongChainOfOperatorsIsRefusedOrRenderedButNeverOverflowsTheStack() {
    for (String link : List.of(".a", "[0]", "|abs", " and 1", " or 0", " is none", "()")) {
      String template = "{{ 1" + link.repeat(60_000) + " }}";
      TemplateException e = assertThrows(TemplateException.class,
          () -> JinjaTemplateTest.render(template, Map.of()), link);
      assertTrue(e.kind() == TemplateException.Kind.LIMIT
          || e.kind() == TemplateException.Kind.SYNTAX, e.getMessage());
    }
    for (int n : new int[] {300, 60_000}) {
      assertEquals("" + (n + 1),
          JinjaTemplateTest.render("{{ 1" + " + 1".repeat(n) + " }}", Map.of()));
    }
  }

  @Test
  void aSmallStackGivesTheSameErrorInsteadOfAnOverflow() throws InterruptedException {
    JinjaTemplate.prepare();
    List<String> templates = List.of("{% macro f() %}{{ 1 + (f() | length) }}{% endmacro %}{{ f() }}",
        "{{ x" + "|abs".repeat(390) + " }}", "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{{ " + "(".repeat(90) + "1" + ")".repeat(90) + " }}");
    for (String template : templates) {
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      Thread thread = new Thread(null, () -> {
        try {
          JinjaTemplateTest.render(template, Map.of());
        } catch (Throwable t) {
          thrown.set(t);
        }
      }, "small stack", 1 << 18);
      thread.start();
      thread.join();
      if (thrown.get() != null) {
        TemplateException e = assertInstanceOf(TemplateException.class, thrown.get());
        assertNotEquals(TemplateException.Kind.SYNTAX, e.kind(), e.getMessage());
      }
    }
  }

  @Test
  void aContextThatNestsTooDeepIsRefused() {
    Object nested = "x";
    for (int i = 0; i < 100_000; i++) {
      nested = List.of(nested);
    }
    Map<String, Object> context = Map.of("x", nested);
    TemplateException e =
        assertThrows(TemplateException.class, () -> JinjaTemplateTest.render("a", context));
    assertEquals(TemplateException.Kind.LIMIT, e.kind());
  }

  @Test
  void timeRunsOutByTheClockThatIsGiven() {
    AtomicLong now = new AtomicLong();
    JinjaTemplate template = JinjaTemplate.parse("{% for i in range(90000) %}{{ i }}{% endfor %}");
    TemplateException e = assertThrows(TemplateException.class, () -> template.render(Map.of(),
        Limits.DEFAULT, GoldenLines.CLOCK, () -> now.addAndGet(1_000_000_000L)));
    assertEquals(TemplateException.Kind.LIMIT, e.kind());
    assertTrue(e.getMessage().contains("5000 ms"), e.getMessage());
  }

  @Test
  void theOutputEndsAtItsLimitAndNotBefore() {
    Limits limits = new Limits(1_000_000, 100, 10_000, 100, 100, Long.MAX_VALUE);
    JinjaTemplate template = JinjaTemplate.parse("{% for i in range(n) %}" + TEN + "{% endfor %}");
    assertEquals(TEN.repeat(10),
        template.render(Map.of("n", 10), limits, GoldenLines.CLOCK, () -> 0));
    TemplateException e = assertThrows(TemplateException.class,
        () -> template.render(Map.of("n", 11), limits, GoldenLines.CLOCK, () -> 0));
    assertEquals(TemplateException.Kind.LIMIT, e.kind());
  }

  @Test
  void aConversationOfAMillionCharactersIsWellWithinTheLimits() {
    String content = "<think>reasons</think>" + "word ".repeat(20_000);
    List<Map<String, Object>> messages = new java.util.ArrayList<>();
    for (int i = 0; i < 20; i++) {
      messages.add(Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", content));
    }
    String prompt = JinjaTemplateTest.render(GoldenLines.text("templates/qwen3.jinja"),
        Map.of("messages", messages, "add_generation_prompt", true));
    assertTrue(prompt.length() > 1_900_000, "" + prompt.length());
  }
}
