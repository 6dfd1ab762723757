package io.headrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** The doors on a port of their own in front of a desk that says what a test wants. JSON is written with single quotes. */
abstract class OpenDoors {
  static final ObjectMapper JSON = new ObjectMapper();

  final StubDesk desk = new StubDesk();
  final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private Vertx vertx;
  private HttpServer server;

  @BeforeEach
  final void listen() throws Exception {
    vertx = Vertx.vertx();
    Router router = Router.router(vertx);
    Doors.mount(router, desk, threads, 4096, "fp_test");
    server = vertx.createHttpServer().requestHandler(router).listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().get();
  }

  @AfterEach
  final void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    threads.shutdownNow();
  }

  int calls() {
    synchronized (desk.calls) {
      return desk.calls.size();
    }
  }

  static String brief(HttpResponse<String> answer) throws IOException {
    return answer.statusCode() + " " + JSON.readTree(answer.body()).at("/error/code").asText();
  }

  JsonNode ok(HttpResponse<String> answer) throws IOException {
    assertEquals(200, answer.statusCode(), answer.body());
    return JSON.readTree(answer.body());
  }

  List<String> events(String path, String body) throws Exception {
    HttpResponse<String> answer = post(path, body);
    assertEquals(200, answer.statusCode(), answer.body());
    assertTrue(answer.headers().firstValue("content-type").orElseThrow().startsWith("text/event-stream"));
    return answer.body().lines().filter(line -> line.startsWith("data: ")).map(line -> line.substring(6)).toList();
  }

  HttpResponse<String> post(String path, String body) throws Exception {
    return send("POST", path, body.replace('\'', '"'), "application/json");
  }

  HttpResponse<String> send(String method, String path, String body, String type) throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30));
    request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (type != null) request.header("content-type", type);
    return client.send(request.build(), BodyHandlers.ofString());
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port() + path);
  }

  int port() {
    return server.actualPort();
  }
}
