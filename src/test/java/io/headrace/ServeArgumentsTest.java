package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

final class ServeArgumentsTest {
  private static final List<String> FLAGS =
      List.of("-m", "--model", "--host", "-p", "--port", "-t", "--threads", "--chat-template", "--activations", "--decoding", "--companions", "--config", "--set", "--hots", "-h", "-m=x", "-p8080");

  @TempDir Path folder;

  /** The words that may follow an option: some are none of its values. */
  private List<String> values(Path file) {
    return List.of(
        "a", "b c", "8081", "2", file.toString(), "model=x", "small=a.gguf,b=hf:o/r/f.gguf", "engine.queue=7", "http.port=", "=", "-p", "", "@x", "\"q\"", "a=b=c", "it's", "hf:o/r/f.gguf@main");
  }

  @Test
  void whatItReadsPicocliReadsAlike() throws Exception {
    Path file = Files.writeString(folder.resolve("c.yaml"), "engine:\n  queue: 9\n");
    List<String> values = values(file);
    Random random = new Random(7);
    int read = 0;
    for (int round = 0; round < 20_000; round++) {
      List<String> args = new ArrayList<>();
      for (int i = random.nextInt(4); i > 0; i--) {
        args.add(FLAGS.get(random.nextInt(FLAGS.size())));
        if (random.nextInt(8) > 0) args.add(values.get(random.nextInt(values.size())));
      }
      List<String> line = new ArrayList<>(List.of("serve"));
      line.addAll(args);
      ServeArguments plain = ServeArguments.plain(line.toArray(String[]::new));
      if (plain == null) continue;
      read++;
      ServeCommand command = new ServeCommand();
      new CommandLine(command).parseArgs(args.toArray(String[]::new));
      assertEquals(outcome(command::config), outcome(plain::read), line::toString);
    }
    if (read < 500) throw new AssertionError("only " + read + " of the lines were plain: the law was not tried");
  }

  private interface Reading {
    ServerConfig read();
  }

  private static String outcome(Reading reading) {
    ServerConfig config;
    try {
      config = reading.read();
    } catch (ServerConfig.BadOption bad) {
      return bad.getMessage();
    }
    StringBuilder all = new StringBuilder();
    for (Setting setting : Setting.values()) all.append(setting.key()).append('=').append(config.text(setting)).append('\n');
    return all.toString();
  }

  @Test
  void theUsualFormsAreRead() {
    assertNotNull(ServeArguments.plain("serve"));
    ServeArguments given = ServeArguments.plain("serve", "--model", "m.gguf", "-p", "0", "--set", "engine.queue=3");
    assertNotNull(given);
    assertEquals(java.util.Map.of("model", "m.gguf", "http.port", "0", "engine.queue", "3"), given.given());
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "serve --help", "serve --port", "serve --port 1 --port 2", "serve --model=x", "serve --set a", "serve x", "--version"})
  void everythingElseIsLeftToPicocli(String line) {
    assertNull(ServeArguments.plain(line.split(" ")));
  }

  @Test
  void picocliStillKnowsTheCommand() {
    StringWriter said = new StringWriter();
    int status = new CommandLine(new Main()).setOut(new PrintWriter(said)).execute("serve", "--help");
    assertEquals(0, status);
    assertEquals(true, said.toString().contains("--chat-template"));
  }
}
