package io.headrace.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.testing.DefaultModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/** The packaged server in a process of its own, serving the default model on a free port. */
final class RunningServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar");
  private static final Pattern GREETING = Pattern.compile("http://127\\.0\\.0\\.1:(\\d+)");

  private final Process process;
  private final List<String> said = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private final int port;

  private RunningServer(Process process) throws IOException {
    this.process = process;
    int found = -1;
    BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      said.add(line);
      Matcher matcher = GREETING.matcher(line);
      if (matcher.find()) {
        found = Integer.parseInt(matcher.group(1));
        break;
      }
    }
    if (found < 0) throw new IOException("the server did not start: " + String.join("\n", said));
    port = found;
    Thread.ofVirtual().start(() -> out.lines().forEach(line -> {}));
  }

  /** A command line of the packaged application. */
  static ProcessBuilder command(String... arguments) {
    Assumptions.assumeTrue(Files.exists(JAR), "the application is not packaged; run ./mvnw verify");
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-Xmx512m", "-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  static RunningServer start(String... options) throws IOException {
    Path model = DefaultModel.path().orElse(null);
    Assumptions.assumeTrue(model != null, DefaultModel::absence);
    List<String> arguments = new ArrayList<>(List.of("serve", "--model", model.toString(), "--set", "model-name=smollm2-135m-instruct", "--port", "0"));
    arguments.addAll(List.of(options));
    return new RunningServer(command(arguments.toArray(String[]::new)).start());
  }

  int port() {
    return port;
  }

  List<String> said() {
    return said;
  }

  ProcessHandle process() {
    return process.toHandle();
  }

  HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
    return client.send(posted(path, body), BodyHandlers.ofString());
  }

  /** What is answered, as it comes. Closing it hangs up. */
  InputStream open(String path, String body) throws IOException, InterruptedException {
    return client.send(posted(path, body), BodyHandlers.ofInputStream()).body();
  }

  private HttpRequest posted(String path, String body) {
    return HttpRequest.newBuilder(uri(path))
        .timeout(Duration.ofMinutes(2))
        .header("content-type", "application/json")
        .POST(BodyPublishers.ofString(body))
        .build();
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
  }

  JsonNode ok(String path, String body) throws IOException, InterruptedException {
    HttpResponse<String> answer = post(path, body);
    if (answer.statusCode() != 200) throw new AssertionError(answer.statusCode() + " " + answer.body());
    return JSON.readTree(answer.body());
  }

  /** The value of an unlabelled metric. */
  double metric(String name) throws IOException, InterruptedException {
    for (String line : get("/metrics").body().lines().toList()) {
      if (line.startsWith(name + " ")) return Double.parseDouble(line.substring(name.length() + 1));
      if (line.startsWith(name + "{")) return Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
    }
    throw new AssertionError("no metric " + name);
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  /** Asks it to stop as an operator would; its exit status. */
  int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(60, TimeUnit.SECONDS)) throw new AssertionError("the server does not stop");
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(20, TimeUnit.SECONDS)) process.destroyForcibly();
    } catch (InterruptedException stopping) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
