package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The image's recipe names files, options and ports that there are. Whether it can be built is another matter: that needs docker. */
final class DockerTest {
  private static final Path FOLDER = Path.of("docker");

  /** Instructions without comments, each in one line. */
  private static List<String> recipe;

  @BeforeAll
  static void read() throws IOException {
    Path file = FOLDER.resolve("Dockerfile");
    Assumptions.assumeTrue(Files.exists(file), "the tests do not run in the project's folder");
    String text = Files.readString(file).replaceAll("(?m)^#.*\n", "").replaceAll("\\\\\n\\s*", "");
    recipe = text.lines().filter(line -> !line.isBlank()).toList();
  }

  private static List<String> all(String instruction) {
    return recipe.stream().filter(line -> line.startsWith(instruction + " ")).map(line -> line.substring(instruction.length() + 1).strip()).toList();
  }

  private static List<String> words(String json) throws IOException {
    List<String> words = new ArrayList<>();
    for (JsonNode word : new ObjectMapper().readTree(json)) words.add(word.asText());
    return words;
  }

  @Test
  void whatIsCopiedIsThereAndNotLeftOut() throws IOException {
    List<String> leftOut = Files.readAllLines(FOLDER.resolve("Dockerfile.dockerignore")).stream().map(line -> line.replace("**/", "")).toList();
    int sources = 0;
    for (String copy : all("COPY")) {
      if (copy.startsWith("--from=")) continue;
      List<String> paths = Arrays.asList(copy.split(" "));
      for (String source : paths.subList(0, paths.size() - 1)) {
        assertTrue(Files.exists(Path.of(source)), source);
        for (Path part : Path.of(source)) assertFalse(leftOut.contains(part.toString()), source);
        sources++;
      }
    }
    assertTrue(sources > 5, sources + " sources");
  }

  @Test
  void theImageHasWhatTheLauncherLooksForInTheFolderThatTheBuildHad() throws IOException {
    assertEquals(1, all("WORKDIR").stream().distinct().count(), "the class cache holds for one folder");
    assertEquals(1, all("FROM").stream().map(from -> from.split(" ")[0]).distinct().count(), "and for one JDK");
    String folder = all("WORKDIR").getFirst();
    String launcher = Files.readString(Path.of("headrace")) + Files.readString(Path.of("config/aot.sh"));
    for (String copy : all("COPY")) {
      if (!copy.startsWith("--from=build ")) continue;
      String made = copy.split(" ")[1];
      assertTrue(made.startsWith(folder + "/target/"), made);
      assertTrue(launcher.contains(made.substring(folder.length()).replace('?', '.').replace("*", "")), made);
    }
    String trained = Files.readString(Path.of("config/train-aot.sh"));
    for (String file : List.of("golden/tiny/llama-q4_1.gguf", "templates/smollm2.jinja")) {
      assertTrue(trained.contains(file) && all("COPY").stream().anyMatch(copy -> copy.contains(file)), file);
    }
    assertEquals(List.of("./headrace"), words(all("ENTRYPOINT").getFirst()));
  }

  @Test
  void optionsVariablesPortsAndVolumesAreTheServers() throws IOException {
    ServeArguments said = ServeArguments.plain(words(all("CMD").getFirst()).toArray(String[]::new));
    assertNotNull(said);
    assertEquals(Map.of(), said.given());
    Map<String, String> variables = new HashMap<>();
    for (String each : all("ENV").getFirst().split(" ")) variables.put(each.substring(0, each.indexOf('=')), each.substring(each.indexOf('=') + 1));
    variables.keySet().forEach(DockerTest::assertVariable);
    ServerConfig config = ServerConfig.read(Map.of(), null, variables, Path.of("/nobody"));
    assertEquals(all("VOLUME").getFirst(), config.home().toString());
    assertEquals("0.0.0.0", config.text(Setting.HOST));
    String port = config.text(Setting.PORT);
    assertEquals(port, all("EXPOSE").getFirst());
    assertTrue(all("HEALTHCHECK").getFirst().contains("/127.0.0.1/" + port + " "), "the health check asks another port");
    assertFalse(all("USER").getFirst().matches("0|root"));
  }

  @Test
  @SuppressWarnings("unchecked")
  void theCompositionFitsTheImage() throws IOException {
    Map<String, Object> root = new Yaml().load(Files.readString(FOLDER.resolve("compose.yaml")));
    Map<String, Object> service = ((Map<String, Map<String, Object>>) root.get("services")).get("headrace");
    Map<String, String> build = (Map<String, String>) service.get("build");
    Path context = FOLDER.resolve(build.get("context")).normalize();
    assertEquals(Path.of(""), context);
    assertTrue(Files.exists(context.resolve(build.get("dockerfile"))));
    assertNotNull(ServeArguments.plain(((List<String>) service.get("command")).toArray(String[]::new)));
    Map<String, String> environment = (Map<String, String>) service.get("environment");
    environment.keySet().forEach(DockerTest::assertVariable);
    ServerConfig config = ServerConfig.read(Map.of(), null, environment, Path.of("/nobody"));
    assertTrue(((List<String>) service.get("ports")).getFirst().endsWith(":" + config.text(Setting.PORT)));
    assertEquals("models:" + all("VOLUME").getFirst(), ((List<String>) service.get("volumes")).getFirst());
    assertTrue(((Map<String, Object>) root.get("volumes")).containsKey("models"));
    int grace = Integer.parseInt(((String) service.get("stop_grace_period")).replace("s", ""));
    assertTrue(grace > config.integer(Setting.DRAIN_SECONDS), "it is killed before it has drained");
  }

  private static void assertVariable(String name) {
    assertTrue(Arrays.stream(Setting.values()).anyMatch(setting -> setting.variables().contains(name)), name);
  }
}
