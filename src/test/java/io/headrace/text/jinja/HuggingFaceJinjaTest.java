package io.headrace.text.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Published templates against {@code @huggingface/jinja}, an implementation by other people. Needs
 * Node and the package, under the folder that the system property {@code
 * headrace.test.node.modules} names.
 */
class HuggingFaceJinjaTest {
  private static final String FOLDER = "headrace.test.node.modules";
  private static final String PACKAGE = "node_modules/@huggingface/jinja/package.json";

  @TempDir Path temp;

  @Test
  void publishedTemplatesRenderAsTheOtherImplementationRendersThem() throws Exception {
    List<Map<String, Object>> cases = GoldenLines.of("chat-templates.jsonl").stream()
        .filter(golden -> golden.get("error") == null).toList();
    List<Map<String, Object>> requests = cases.stream().map(this::request).toList();
    List<Map<String, Object>> answers = answers(requests);
    List<String> differences = new ArrayList<>();
    int compared = 0;
    for (int i = 0; i < requests.size(); i++) {
      Object theirs = answers.get(i).get("text");
      String ours = JinjaTemplateTest.render((String) requests.get(i).get("template"),
          asMap(requests.get(i).get("context")));
      compared += theirs == null ? 0 : 1;
      // A template that the other one cannot render says nothing about ours.
      if (theirs != null && !ours.equals(theirs)) {
        differences.add(cases.get(i).get("template") + " " + cases.get(i).get("case")
            + "\n  ours   " + ours + "\n  theirs " + theirs);
      }
    }
    assertEquals(List.of(), differences);
    assertTrue(compared > requests.size() * 9 / 10, compared + " of " + requests.size());
  }

  @Test
  void whatATemplateRefusesIsRefusedThereToo() throws Exception {
    List<Map<String, Object>> cases = GoldenLines.of("chat-templates.jsonl").stream()
        .filter(golden -> golden.get("error") instanceof Map<?, ?> error
            && "raise".equals(error.get("kind"))).toList();
    List<Map<String, Object>> requests = cases.stream().map(this::request).toList();
    List<Map<String, Object>> answers = answers(requests);
    int same = 0;
    for (int i = 0; i < requests.size(); i++) {
      Map<String, Object> request = requests.get(i);
      TemplateException ours = assertThrows(TemplateException.class, () -> JinjaTemplateTest.render(
          (String) request.get("template"), asMap(request.get("context"))));
      Object theirs = answers.get(i).get("error");
      assertNotNull(theirs, ours.getMessage());
      // Some fail earlier there, as it cannot trim None.
      same += theirs.equals(ours.getMessage()) ? 1 : 0;
    }
    assertTrue(same > requests.size() / 2, same + " of " + requests.size());
  }

  private Map<String, Object> request(Map<String, Object> golden) {
    Map<String, Object> context = new LinkedHashMap<>();
    context.put("documents", null);
    context.putAll(asMap(golden.get("kwargs")));
    context.put("messages", golden.get("messages"));
    context.put("tools", golden.get("tools"));
    return Map.of("template", GoldenLines.text("templates/" + golden.get("template") + ".jinja"),
        "context", withoutWholeFloats(context));
  }

  /**
   * JavaScript cannot tell 1.0 from 1 and prints the latter, so neither side gets such a number.
   */
  private static Object withoutWholeFloats(Object value) {
    return switch (value) {
      case null -> null;
      case Double number when number == Math.rint(number) && Math.abs(number) < 1e15 ->
          number.longValue();
      case List<?> list -> {
        List<Object> copy = new ArrayList<>();
        list.forEach(part -> copy.add(withoutWholeFloats(part)));
        yield copy;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> copy = new LinkedHashMap<>();
        map.forEach((key, part) -> copy.put(key, withoutWholeFloats(part)));
        yield copy;
      }
      default -> value;
    };
  }

  private List<Map<String, Object>> answers(List<Map<String, Object>> requests)
      throws IOException, InterruptedException {
    String folder = System.getProperty(FOLDER, "");
    assumeTrue(!folder.isEmpty(), "the system property " + FOLDER + " is not set");
    Path modules = Path.of(folder).toAbsolutePath();
    assumeTrue(Files.exists(modules.resolve(PACKAGE))
        || Files.exists(modules.resolveSibling(PACKAGE)),
        "@huggingface/jinja is not installed under " + modules);
    Path script = Files.writeString(temp.resolve("render.mjs"),
        GoldenLines.resource("/io/headrace/text/jinja/render.mjs"));
    Path input = temp.resolve("requests.jsonl");
    Files.write(input, requests.stream().map(GoldenLines::json).toList());
    Path output = temp.resolve("answers.jsonl");
    Path errors = temp.resolve("errors.txt");
    Process node;
    try {
      node = new ProcessBuilder("node", script.toString(), modules.toString())
          .redirectInput(input.toFile()).redirectOutput(output.toFile())
          .redirectError(errors.toFile()).start();
    } catch (IOException e) {
      assumeTrue(false, "node cannot be started: " + e.getMessage());
      throw e;
    }
    try {
      assertTrue(node.waitFor(120, TimeUnit.SECONDS), "node did not end");
    } finally {
      node.destroyForcibly();
    }
    assertEquals(0, node.exitValue(), () -> read(errors));
    List<Map<String, Object>> answers =
        Files.readAllLines(output, StandardCharsets.UTF_8).stream().map(GoldenLines::map).toList();
    assertEquals(requests.size(), answers.size());
    return answers;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> asMap(Object value) {
    return (Map<String, Object>) value;
  }
}
