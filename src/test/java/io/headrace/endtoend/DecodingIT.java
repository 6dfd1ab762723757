package io.headrace.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * Every way of decoding, over HTTP. The companions are the served model's own file, so whoever has a part in an answer chooses what plain
 * decoding would, bit for bit; only typical acceptance may do otherwise.
 */
final class DecodingIT {
  static final List<String> NAMES = List.copyOf(Ways.ALL.keySet());
  private static final String CHAT = "/v1/chat/completions";
  private static final String COMPLETIONS = "/v1/completions";
  private static final List<String> PROMPTS =
      List.of("Write three sentences about rivers.", "Repeat: one two three four five one two three four five.", "The capital of France", "1, 2, 3, 4, 5,");

  private static RunningServer server;

  /** A question that can be asked in every way. */
  private record Question(String path, String prompt, double temperature) {
    JsonNode ask(String way) throws IOException, InterruptedException {
      return server.ok(path, body(way).toString());
    }

    ObjectNode body(String way) throws IOException {
      ObjectNode body = RunningServer.JSON.createObjectNode().put("temperature", temperature).put("seed", 5).put("max_tokens", 32).put("timings", true);
      if (path.equals(CHAT)) body.put("logprobs", true).put("top_logprobs", 3).putArray("messages").addObject().put("role", "user").put("content", prompt);
      else body.put("logprobs", 3).put("prompt", prompt);
      body.set("decoding", RunningServer.JSON.readTree(Ways.ALL.get(way)));
      return body.put("return_token_ids", true);
    }
  }

  private static List<Question> questions() {
    List<Question> questions = new ArrayList<>();
    for (int i = 0; i < PROMPTS.size(); i++) {
      for (double temperature : new double[] {0, 0.9}) questions.add(new Question(i < 2 ? CHAT : COMPLETIONS, PROMPTS.get(i), temperature));
    }
    return questions;
  }

  @BeforeAll
  static void start() throws IOException {
    server = Ways.start();
  }

  @AfterAll
  static void stop() {
    if (server != null) server.close();
  }

  @Test
  void eightClientsOfMixedStrategiesGetWhatPlainDecodingGivesAlone() throws Exception {
    List<Callable<String>> asked = new ArrayList<>();
    for (Question question : questions()) {
      JsonNode alone = said(question.ask("plain"));
      for (String way : NAMES) {
        asked.add(
            () -> {
              JsonNode answer = said(question.ask(way));
              return answer.equals(alone) || drawnTypically(way, question) ? "" : "%s of %s: %s instead of %s%n".formatted(way, question, answer, alone);
            });
      }
    }
    Collections.shuffle(asked, new Random(8));
    StringBuilder others = new StringBuilder();
    try (ExecutorService clients = Executors.newFixedThreadPool(8)) {
      for (Future<String> answer : clients.invokeAll(asked)) others.append(answer.get());
    }
    assertEquals("", others.toString());
    assertQuiet();
  }

  /** Whether the answer may be another one: greedily even typical acceptance changes nothing. */
  private static boolean drawnTypically(String way, Question question) {
    return way.equals("typical") && question.temperature() > 0;
  }

  /** What an answer says, without who found it. */
  private static JsonNode said(JsonNode answer) {
    ObjectNode choice = (ObjectNode) answer.at("/choices/0").deepCopy();
    choice.remove("cascade");
    for (JsonNode parent : choice.findParents("drafted_by")) ((ObjectNode) parent).remove("drafted_by");
    return choice;
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void recordsAddUpAndMetricsSumThem(String way) throws Exception {
    Map<String, Double> before = counters();
    Map<String, Double> wanted = new LinkedHashMap<>(before);
    for (Question question : questions()) {
      JsonNode answer = question.ask(way);
      JsonNode timings = answer.get("timings");
      long tokens = 0;
      for (JsonNode record : timings.get("decoding")) {
        tokens += record.get("tokens").asLong();
        assertEquals(record.get("drafted").asLong(), record.get("tokens").asLong() - record.get("passes").asLong() + record.get("discarded").asLong());
        assertEquals(record.get("accepted").asLong(), record.get("drafted").asLong() - record.get("discarded").asLong());
        assertEquals(record.get("tokens").asDouble() / record.get("passes").asDouble(), record.get("tokens_per_pass").asDouble(), 1e-9);
        for (String field : List.of("passes", "tokens", "drafted", "accepted", "discarded")) {
          String name = "headrace_decoding_%s%s_total{strategy=%s}".formatted(field, field.equals("passes") || field.equals("tokens") ? "" : "_tokens", record.get("strategy"));
          wanted.merge(name, record.get(field).asDouble(), Double::sum);
        }
      }
      int generated = answer.at("/usage/completion_tokens").asInt();
      boolean target = answer.at("/choices/0/cascade/answered_by").asText().equals("target");
      int all = generated + (target ? answer.at("/choices/0/cascade/small_tokens").asInt() : 0);
      // The first token of an output comes from the pass over its prompt, unless all but the last token of that was remembered; where a
      // model takes over and has to catch up, that is a prompt too.
      int prompts = (target ? 2 : 1) + timings.at("/models/switches").asInt();
      assertTrue(tokens <= all && tokens >= all - prompts, () -> "%s tokens: %s".formatted(all, answer));
      assertNamed(way, target || Ways.EXACT.contains(way) || way.equals("typical") && !drawnTypically(way, question), timings, generated);
    }
    assertQuiet();
    Map<String, Double> after = counters();
    if (!way.equals("self")) assertEquals(wanted, after);
    else wanted.forEach((name, least) -> assertTrue(after.get(name) >= least, name)); // what the judge asks is in no answer's record
  }

  private static void assertNamed(String way, boolean exact, JsonNode timings, int generated) {
    assertEquals(exact, timings.get("exact").asBoolean(), timings::toString);
    assertEquals(Ways.BY_COMPANIONS.contains(way) || !exact, timings.has("models"), timings::toString);
    if (!Ways.BY_COMPANIONS.contains(way)) return;
    assertEquals(exact ? "exact" : "approximate", timings.at("/models/fidelity").asText(), timings::toString);
    JsonNode by = timings.at("/models/tokens");
    switch (way) {
      case "entropy" -> assertEquals(generated, by.get("target").asInt() + by.get("small").asInt());
      case "companion" -> assertEquals(generated, by.get("twin").asInt());
      case "fusion" -> assertEquals(3 * generated, by.get("target").asInt() + by.get("small").asInt() + by.get("twin").asInt());
      case "kept" -> assertEquals(generated, by.get("small").asInt());
      case "escalated" -> assertEquals(generated, by.get("target").asInt());
      default -> {}
    }
  }

  private static Map<String, Double> counters() throws Exception {
    Map<String, Double> counters = new LinkedHashMap<>();
    for (String line : server.get("/metrics").body().lines().toList()) {
      if (!line.startsWith("headrace_decoding_") || line.contains("micros") || line.contains("weights")) continue;
      counters.put(line.substring(0, line.lastIndexOf(' ')), Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)));
    }
    return counters;
  }

  @ParameterizedTest
  @FieldSource("NAMES")
  void aStreamSaysWhatTheDocumentSaysAndAHangUpInItGivesEverythingBack(String way) throws Exception {
    Question question = new Question(CHAT, PROMPTS.getFirst(), 0.9);
    Question greedy = new Question(CHAT, PROMPTS.getFirst(), 0);
    String whole = greedy.ask(way).at("/choices/0/message/content").asText();
    String body = greedy.body(way).put("stream", true).toString();
    StringBuilder streamed = new StringBuilder();
    List<String> data = server.post(CHAT, body).body().lines().filter(line -> line.startsWith("data: {")).toList();
    for (String line : data) streamed.append(RunningServer.JSON.readTree(line.substring(6)).at("/choices/0/delta/content").asText(""));
    assertEquals(whole, streamed.toString());
    String endless = question.body(way).put("stream", true).put("max_tokens", 2000).put("ignore_eos", true).put("n", 3).toString();
    boolean waits = way.equals("kept") || way.equals("escalated") || way.equals("self"); // nothing is sent before the judge has decided
    try (InputStream stream = server.open(CHAT, endless)) {
      // The roles of the choices come first, each with an empty line behind it.
      for (int i = 0; i < (waits ? 6 : 12); ) if (stream.read() == '\n') i++;
      for (int i = 0; i < 400 && server.metric("headrace_running_sequences") == 0; i++) Thread.sleep(25);
      assertTrue(server.metric("headrace_running_sequences") > 0, "it runs");
    }
    assertQuiet();
  }

  private static void assertQuiet() throws Exception {
    for (int i = 0; i < 400 && server.metric("headrace_running_sequences") + server.metric("headrace_kv_used_blocks") > 0; i++) Thread.sleep(25);
    assertEquals(0, server.metric("headrace_running_sequences") + server.metric("headrace_queued_requests"));
    assertEquals(0, server.metric("headrace_kv_used_blocks"));
  }
}
