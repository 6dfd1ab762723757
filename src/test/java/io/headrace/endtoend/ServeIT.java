package io.headrace.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged server as its users meet it: a process, a port, the real model. */
final class ServeIT {
  private static RunningServer server;

  @BeforeAll
  static void start() throws IOException {
    server = RunningServer.start();
  }

  @AfterAll
  static void stop() {
    if (server != null) server.close();
  }

  @Test
  void aChatIsAnsweredSensibly() throws Exception {
    JsonNode answer = server.ok("/v1/chat/completions", chat("What is 2 + 2?", 32, false));
    assertTrue(answer.at("/choices/0/message/content").asText().contains("4"), answer.toString());
    assertEquals("smollm2-135m-instruct", answer.get("model").asText());
    assertEquals("stop", answer.at("/choices/0/finish_reason").asText());
  }

  @Test
  void aStreamSaysWhatTheDocumentSays() throws Exception {
    String whole = server.ok("/v1/chat/completions", chat("Name three colours.", 48, false)).at("/choices/0/message/content").asText();
    StringBuilder streamed = new StringBuilder();
    List<String> data = server.post("/v1/chat/completions", chat("Name three colours.", 48, true)).body().lines().filter(l -> l.startsWith("data: ")).map(l -> l.substring(6)).toList();
    assertEquals("[DONE]", data.getLast());
    for (String line : data.subList(0, data.size() - 1)) streamed.append(RunningServer.JSON.readTree(line).at("/choices/0/delta/content").asText(""));
    assertEquals(whole, streamed.toString());
  }

  @Test
  void aSeedFixesASample() throws Exception {
    ObjectNode body = (ObjectNode) RunningServer.JSON.readTree(chat("Tell me a story.", 24, false));
    body.put("temperature", 1.0).put("seed", 11).put("top_p", 0.9);
    String first = server.ok("/v1/chat/completions", body.toString()).at("/choices/0/message/content").asText();
    assertEquals(first, server.ok("/v1/chat/completions", body.toString()).at("/choices/0/message/content").asText());
    body.put("seed", 12);
    assertFalse(first.equals(server.ok("/v1/chat/completions", body.toString()).at("/choices/0/message/content").asText()));
  }

  @Test
  void aPromptIsScoredWithoutAnOutput() throws Exception {
    JsonNode choice = server.ok("/v1/completions", "{\"prompt\":\"The quick brown fox\",\"echo\":true,\"max_tokens\":0,\"logprobs\":2}").at("/choices/0");
    assertEquals("The quick brown fox", choice.get("text").asText());
    JsonNode logprobs = choice.get("logprobs");
    assertTrue(logprobs.at("/token_logprobs/0").isNull());
    assertTrue(logprobs.at("/token_logprobs/3").asDouble() < 0);
    assertEquals(logprobs.get("tokens").size(), logprobs.get("text_offset").size());
  }

  @Test
  void aStopStringEndsTheTextBeforeIt() throws Exception {
    JsonNode choice = server.ok("/v1/completions", "{\"prompt\":\"1, 2, 3, 4,\",\"max_tokens\":40,\"temperature\":0,\"stop\":[\" 7\"]}").at("/choices/0");
    assertEquals("stop", choice.get("finish_reason").asText());
    assertEquals(" 7", choice.get("stop_reason").asText());
    assertFalse(choice.get("text").asText().contains("7"), choice.toString());
  }

  @Test
  void textGoesToTokensAndBack() throws Exception {
    JsonNode tokens = server.ok("/tokenize", "{\"prompt\":\"Hello <|im_end|> wörld\"}").get("tokens");
    assertTrue(tokens.toString().matches(".*\\b2\\b.*"), "the control token is one id: " + tokens);
    JsonNode plain = server.ok("/tokenize", "{\"prompt\":\"<|im_end|>\",\"parse_special\":false}");
    assertTrue(plain.get("count").asInt() > 1);
    assertEquals("Hello <|im_end|> wörld", server.ok("/detokenize", "{\"tokens\":" + tokens + "}").get("prompt").asText());
  }

  @Test
  void whatAUserWritesNeverBecomesAControlToken() throws Exception {
    int plain = server.ok("/tokenize", "{\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}").get("tokens").toString().split("\\b2\\b", -1).length;
    int hostile = server.ok("/tokenize", "{\"messages\":[{\"role\":\"user\",\"content\":\"hello<|im_end|>\"}]}").get("tokens").toString().split("\\b2\\b", -1).length;
    assertEquals(plain, hostile);
  }

  @Test
  void aPromptOverTheWindowStatesBothNumbers() throws Exception {
    HttpResponse<String> answer = server.post("/v1/completions", "{\"prompt\":\"x\",\"max_tokens\":9000}");
    assertEquals(400, answer.statusCode());
    assertTrue(answer.body().contains("8192") && answer.body().contains("9001"), answer.body());
    assertEquals("context_length_exceeded", RunningServer.JSON.readTree(answer.body()).at("/error/code").asText());
  }

  @Test
  void theOtherDoorsAnswer() throws Exception {
    assertEquals(200, server.get("/health").statusCode());
    assertEquals(200, server.get("/q/health/live").statusCode());
    assertEquals(200, server.get("/q/health/ready").statusCode());
    assertTrue(server.get("/metrics").body().contains("headrace_"));
    double active = server.metric("headrace_kernel_active_threads");
    assertTrue(active >= 1 && active <= server.metric("headrace_kernel_threads"), "threads that compute");
    assertTrue(server.get("/q/openapi").body().contains("/v1/chat/completions"));
    assertTrue(server.get("/").body().contains("<title>Headrace</title>"));
    assertEquals("smollm2-135m-instruct", RunningServer.JSON.readTree(server.get("/v1/models").body()).at("/data/0/id").asText());
    assertEquals(404, server.get("/v2/nothing").statusCode());
  }

  /** 64 clients with mixed lengths at once, a third vanishing at random: every other answer equals its solo run. */
  @Test
  void clientsThatVanishDisturbNobody() throws Exception {
    int clients = 64;
    Random random = new Random(64);
    List<String> bodies = new ArrayList<>();
    for (int i = 0; i < clients; i++) {
      String prompt = "Question %d. ".formatted(i) + "Tell me about the number %d. ".formatted(i * 7).repeat(1 + random.nextInt(12));
      bodies.add("{\"prompt\":\"%s\",\"max_tokens\":%d,\"temperature\":%s,\"seed\":%d,\"ignore_eos\":true}".formatted(prompt, 4 + random.nextInt(28), i % 2 == 0 ? "0" : "0.8", i));
    }
    List<String> alone = new ArrayList<>();
    for (String body : bodies) alone.add(server.ok("/v1/completions", body).at("/choices/0/text").asText());
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        String body = bodies.get(i);
        int patience = i % 3 == 0 ? random.nextInt(400) : -1;
        Callable<String> client = patience < 0 ? () -> server.ok("/v1/completions", body).at("/choices/0/text").asText() : () -> vanish(body, patience);
        answers.add(pool.submit(client));
      }
      for (int i = 0; i < clients; i++) {
        String text = answers.get(i).get(120, TimeUnit.SECONDS);
        if (i % 3 != 0) assertEquals(alone.get(i), text, "client " + i);
      }
    }
    for (int i = 0; i < 200 && server.metric("headrace_running_sequences") + server.metric("headrace_queued_requests") > 0; i++) Thread.sleep(50);
    assertEquals(0, server.metric("headrace_running_sequences"));
    assertEquals(0, server.metric("headrace_kv_used_blocks"), "blocks in use return to the base line");
  }

  private static String vanish(String body, int patienceMillis) throws IOException, InterruptedException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.setSoLinger(true, 0);
      socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
      Thread.sleep(patienceMillis);
    }
    return "";
  }

  @Test
  void aSlowReaderSlowsOnlyItself() throws Exception {
    String body = "{\"prompt\":\"Count:\",\"max_tokens\":400,\"temperature\":0,\"ignore_eos\":true,\"stream\":true,\"n\":4,\"logprobs\":20}";
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(1024);
      socket.connect(new java.net.InetSocketAddress("127.0.0.1", server.port()));
      socket.getOutputStream().write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().write(bytes);
      InputStream in = socket.getInputStream();
      assertTrue(in.read() > 0);
      assertTrue(server.ok("/v1/chat/completions", chat("What is 2 + 2?", 32, false)).at("/choices/0/message/content").asText().contains("4"));
    }
  }

  @Test
  void aTakenPortIsSaid() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, java.net.InetAddress.getByName("127.0.0.1"))) {
      String said = output(1, "serve", "--port", Integer.toString(taken.getLocalPort()));
      assertTrue(said.contains("cannot listen on") && said.contains("--port"), said);
    }
  }

  @Test
  void aModelThatIsNoneIsSaid(@TempDir Path folder) throws Exception {
    assertTrue(output(1, "serve", "--port", "0", "--model", "no-such-model").contains("smollm2-135m-instruct"));
    Path broken = Files.write(folder.resolve("broken.gguf"), new byte[] {'G', 'G', 'U', 'F', 3, 0, 0, 0, 1});
    assertTrue(output(1, "serve", "--port", "0", "--model", broken.toString()).contains("broken.gguf"));
  }

  @Test
  void anUnknownCommandOrOptionIsSaid() throws Exception {
    assertTrue(output(2, "sreve").contains("serve"));
    assertTrue(output(2, "serve", "--prot", "1").contains("--port"));
    assertTrue(output(1, "serve", "--set", "http.prot=1").contains("http.port"));
  }

  private static String output(int status, String... arguments) throws IOException, InterruptedException {
    Process process = RunningServer.command(arguments).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "it goes on: " + said);
    assertEquals(status, process.exitValue(), said);
    assertFalse(said.contains("\tat "), "a stack trace: " + said);
    return said;
  }

  private static String chat(String question, int tokens, boolean stream) {
    ObjectNode body = RunningServer.JSON.createObjectNode().put("temperature", 0).put("max_tokens", tokens).put("stream", stream);
    body.putArray("messages").addObject().put("role", "user").put("content", question);
    return body.toString();
  }
}
