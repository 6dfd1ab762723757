package io.headrace.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JinjaTemplateTest {
  static Stream<Map<String, Object>> units() {
    return GoldenLines.of("jinja-units.jsonl").stream();
  }

  @ParameterizedTest
  @MethodSource("units")
  @SuppressWarnings("unchecked")
  void everyUnitRendersAsTheReferenceDoes(Map<String, Object> unit) {
    String template = (String) unit.get("template");
    Map<String, Object> context = (Map<String, Object>) unit.get("context");
    if (unit.get("error") == null) {
      assertEquals(unit.get("expected"), render(template, context), template);
      return;
    }
    assertNull(unit.get("expected"));
    Map<String, Object> error = (Map<String, Object>) unit.get("error");
    TemplateException e =
        assertThrows(TemplateException.class, () -> render(template, context), template);
    if (error.get("kind").equals("raise")) {
      assertEquals(TemplateException.Kind.RAISED, e.kind());
      assertEquals(error.get("message"), e.getMessage());
    } else {
      assertNotEquals(TemplateException.Kind.RAISED, e.kind());
      boolean syntax = error.get("python_type").equals("TemplateSyntaxError")
          || template.contains("include");
      assertEquals(syntax ? TemplateException.Kind.SYNTAX : TemplateException.Kind.RUNTIME,
          e.kind(), e.getMessage());
    }
  }

  @Test
  void anErrorNamesTheLineItStandsIn() {
    TemplateException syntax = assertThrows(TemplateException.class,
        () -> JinjaTemplate.parse("a\n{{ 'x\ny' }}\n{% if x %}\n{{ 1 + }}\n{% endif %}"));
    assertEquals(5, syntax.line());
    assertTrue(syntax.getMessage().contains("line 5"), syntax.getMessage());
    TemplateException runtime = assertThrows(TemplateException.class, () -> render(
        "{% macro f(x) %}\n{{ x }}\n{% endmacro %}\n{% for i in [1] %}\n{{ f(1) + 1 }}{% endfor %}",
        Map.of()));
    assertEquals(5, runtime.line());
  }

  @Test
  void aContextMayHoldOnlyWhatATemplateCanSee() {
    assertThrows(IllegalArgumentException.class,
        () -> render("{{ x }}", Map.of("x", List.of(new Object()))));
  }

  static String render(String template, Map<String, Object> context) {
    return JinjaTemplate.parse(template)
        .render(context, Limits.DEFAULT, GoldenLines.CLOCK, () -> 0);
  }
}
