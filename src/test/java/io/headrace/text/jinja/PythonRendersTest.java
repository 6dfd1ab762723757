package io.headrace.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Templates and what Jinja2 3.1.6 (Python 3.11.7, the environment of the golden renders) made of
 * them: the semantics that differ most between Python and Java, and random expressions and bodies.
 * No expected text means that it must fail.
 */
class PythonRendersTest {
  @Test
  @SuppressWarnings("unchecked")
  void everyTemplateRendersOrFailsAsInPython() {
    List<Map<String, Object>> lines =
        GoldenLines.read("/io/headrace/text/jinja/python-renders.jsonl");
    List<Map<String, Object>> contexts =
        (List<Map<String, Object>>) lines.getFirst().get("contexts");
    List<String> wrong = new ArrayList<>();
    for (Map<String, Object> line : lines.subList(1, lines.size())) {
      String template = (String) line.get("template");
      Object expected = line.get("expected");
      Object got;
      try {
        got = JinjaTemplateTest.render(template, contexts.get((int) line.get("context")));
      } catch (TemplateException e) {
        got = null;
        assertNotNull(e.getMessage());
      }
      if (expected == null ? got != null : !expected.equals(got)) {
        wrong.add(template + "\n  expected " + expected + "\n  got      " + got);
      }
    }
    assertTrue(lines.size() > 900);
    assertEquals(List.of(), wrong);
  }
}
