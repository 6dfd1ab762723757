package io.headrace.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.headrace.text.jinja.GoldenLines;
import io.headrace.text.jinja.TemplateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ChatTemplateTest {
  static Stream<Map<String, Object>> cases() {
    return GoldenLines.of("chat-templates.jsonl").stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  @SuppressWarnings("unchecked")
  void everyPublishedTemplateRendersAsTheReferenceDoes(Map<String, Object> golden) {
    String name = golden.get("template") + " " + golden.get("case");
    Map<String, Object> error = (Map<String, Object>) golden.get("error");
    if (error == null) {
      assertEquals(golden.get("expected"), render(golden), name);
      return;
    }
    TemplateException e = assertThrows(TemplateException.class, () -> render(golden), name);
    if (error.get("kind").equals("raise")) {
      assertEquals(TemplateException.Kind.RAISED, e.kind(), name);
      assertEquals(error.get("message"), e.getMessage(), name);
    } else {
      assertEquals(TemplateException.Kind.RUNTIME, e.kind(), name);
    }
  }

  @SuppressWarnings("unchecked")
  private static String render(Map<String, Object> golden) {
    Map<String, Object> kwargs = new LinkedHashMap<>((Map<String, Object>) golden.get("kwargs"));
    boolean generation = (boolean) kwargs.remove("add_generation_prompt");
    String source = GoldenLines.text("templates/" + file(golden));
    return ChatTemplate.of(source, (String) kwargs.remove("bos_token"),
            (String) kwargs.remove("eos_token"), GoldenLines.CLOCK)
        .render((List<Map<String, Object>>) golden.get("messages"),
            (List<Map<String, Object>>) golden.get("tools"), generation, kwargs);
  }

  private static String file(Map<String, Object> golden) {
    String name = (String) golden.get("template");
    return name.endsWith(".jinja") ? name : name + ".jinja";
  }

  @Test
  void theFallbackIsTheChatMlFormat() {
    for (Map<String, Object> golden : GoldenLines.of("chat-templates.jsonl")) {
      if (golden.get("template").equals("chatml") && golden.get("expected") != null) {
        @SuppressWarnings("unchecked")
        Map<String, Object> kwargs = (Map<String, Object>) golden.get("kwargs");
        @SuppressWarnings("unchecked")
        List<Map<String, Object>> messages = (List<Map<String, Object>>) golden.get("messages");
        assertEquals(golden.get("expected"),
            ChatTemplate.of(ChatTemplate.CHATML, null, null, GoldenLines.CLOCK).render(messages,
                null, (boolean) kwargs.get("add_generation_prompt"), Map.of()));
      }
    }
  }

  @Test
  void aTokenTheModelDoesNotHaveIsUndefined() {
    ChatTemplate template = ChatTemplate.of(
        "{{ bos_token is defined }}{{ eos_token }}{{ tools is none }}{{ documents is none }}",
        null, "</s>", GoldenLines.CLOCK);
    assertEquals("False</s>TrueTrue", template.render(List.of(), null, false, Map.of()));
  }

  @Test
  void furtherVariablesCannotReplaceTheConversation() {
    ChatTemplate template =
        ChatTemplate.of("{{ documents }}{{ x }}", null, null, GoldenLines.CLOCK);
    assertEquals("['d']1",
        template.render(List.of(), null, false, Map.of("documents", List.of("d"), "x", 1)));
    for (String name : ChatTemplate.RESERVED) {
      assertThrows(IllegalArgumentException.class,
          () -> template.render(List.of(), null, false, Map.of(name, 1)));
    }
  }

  @Test
  void manyThreadsMayRenderOneTemplate() throws Exception {
    ChatTemplate template = ChatTemplate.of(GoldenLines.text("templates/qwen3.jinja"), null,
        null, GoldenLines.CLOCK);
    List<Callable<String>> jobs = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      Map<String, Object> message = Map.of("role", "user", "content", "number " + i);
      jobs.add(() -> template.render(List.of(message), null, true, Map.of()));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<String>> prompts = threads.invokeAll(jobs);
      for (int i = 0; i < prompts.size(); i++) {
        assertEquals("<|im_start|>user\nnumber " + i + "<|im_end|>\n<|im_start|>assistant\n",
            prompts.get(i).get());
      }
    }
  }

  @Test
  void anInvalidTemplateIsRefusedWhenItIsParsed() {
    TemplateException e = assertThrows(TemplateException.class,
        () -> ChatTemplate.of("{% if %}", null, null, GoldenLines.CLOCK));
    assertEquals(TemplateException.Kind.SYNTAX, e.kind());
    assertNotEquals(0, e.line());
    assertFalse(e.getMessage().isBlank());
  }
}
