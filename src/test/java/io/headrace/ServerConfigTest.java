package io.headrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ServerConfigTest {
  private static final Path USER = Path.of("/home/someone");

  @TempDir Path folder;

  @Test
  void theCommandLineWinsOverTheEnvironmentAndThatOverTheFile() throws Exception {
    Path file = Files.writeString(folder.resolve("c.yaml"), "http:\n  port: 1\n  host: filehost\nmodel: from-file\n");
    ServerConfig config =
        ServerConfig.read(Map.of("http.port", "3"), file, Map.of("HEADRACE_HTTP_PORT", "2", "HEADRACE_HTTP_HOST", "envhost"), USER);
    assertEquals(3, config.integer(Setting.PORT));
    assertEquals("envhost", config.text(Setting.HOST));
    assertEquals("from-file", config.text(Setting.MODEL));
  }

  @Test
  void theHomeFollowsTheUsersCacheFolder() {
    assertEquals(USER.resolve(".cache/headrace"), ServerConfig.read(Map.of(), null, Map.of(), USER).home());
    assertEquals(Path.of("/x/headrace"), ServerConfig.read(Map.of(), null, Map.of("XDG_CACHE_HOME", "/x"), USER).home());
    assertEquals(Path.of("/y"), ServerConfig.read(Map.of(), null, Map.of("HEADRACE_HOME", "/y"), USER).home());
  }

  @Test
  void wellKnownVariablesOfOthersAreHonoured() {
    ServerConfig config =
        ServerConfig.read(Map.of(), null, Map.of("HF_ENDPOINT", "http://mirror", "HF_HUB_OFFLINE", "1", "HEADRACE_KERNEL_TIER", "avx2"), USER);
    assertEquals("http://mirror", config.text(Setting.HUB_ENDPOINT));
    assertTrue(config.flag(Setting.HUB_OFFLINE));
    assertEquals("avx2", config.text(Setting.TIER));
  }

  @ParameterizedTest
  @CsvSource({"http.port,70000", "http.port,x", "engine.step-tokens,0", "kernels.threads,none", "engine.kv-memory,lots", "offline,maybe", "decoding,lucky", "decoding,'ngram,most_drafted=0'"})
  void aValueOutOfRangeIsRefusedWithItsKey(String key, String value) {
    var refused = assertThrows(ServerConfig.BadOption.class, () -> ServerConfig.read(Map.of(key, value), null, Map.of(), USER));
    assertTrue(refused.getMessage().startsWith(key), refused.getMessage());
    assertTrue(refused.getMessage().contains(value), refused.getMessage());
  }

  @Test
  void anUnknownKeyIsRefusedWithTheListOfKeys() throws Exception {
    Path file = Files.writeString(folder.resolve("c.yaml"), "http:\n  prot: 1\n");
    var refused = assertThrows(ServerConfig.BadOption.class, () -> ServerConfig.read(Map.of(), file, Map.of(), USER));
    assertTrue(refused.getMessage().contains("http.prot") && refused.getMessage().contains("http.port"), refused.getMessage());
  }

  @Test
  void brokenYamlNamesTheFile() throws Exception {
    Path file = Files.writeString(folder.resolve("c.yaml"), "a: [1\n");
    var refused = assertThrows(ServerConfig.BadOption.class, () -> ServerConfig.read(Map.of(), file, Map.of(), USER));
    assertTrue(refused.getMessage().contains("c.yaml"), refused.getMessage());
  }

  @ParameterizedTest
  @CsvSource({"512,512", "1KiB,1024", "2 MiB,2097152", "1.5GB,1610612736", "auto,0"})
  void sizesTakeUnits(String text, long bytes) {
    assertEquals(bytes, ServerConfig.read(Map.of("engine.kv-memory", text), null, Map.of(), USER).bytes(Setting.KV_MEMORY));
  }

  @Test
  void companionsAreATextOrAListOfNamesAndModels() throws Exception {
    Map<String, String> wanted = Map.of("small", "a.gguf", "other", "hf:o/r/f.gguf");
    assertEquals(wanted, ServerConfig.read(Map.of("companions", "small=a.gguf, other=hf:o/r/f.gguf"), null, Map.of(), USER).companions());
    Path file = Files.writeString(folder.resolve("c.yaml"), "companions:\n  - small=a.gguf\n  - other=hf:o/r/f.gguf\n");
    assertEquals(wanted, ServerConfig.read(Map.of(), file, Map.of(), USER).companions());
    assertEquals(Map.of(), ServerConfig.read(Map.of(), null, Map.of(), USER).companions());
    for (String bad : List.of("a.gguf", "=x", "a b=x", "small=", "s=a,s=b", "target=x", "a=1,b=1,c=1,d=1,e=1,f=1,g=1,h=1")) {
      var refused = assertThrows(ServerConfig.BadOption.class, () -> ServerConfig.read(Map.of("companions", bad), null, Map.of(), USER));
      assertTrue(refused.getMessage().contains("companions"), refused.getMessage());
    }
  }

  @ParameterizedTest
  @EnumSource(Setting.class)
  void everyOptionStandsInTheListWithItsDefault(Setting setting) {
    Path list = Path.of("config/headrace.yaml");
    Assumptions.assumeTrue(Files.exists(list), "config/headrace.yaml is not beside the classes");
    ServerConfig listed = ServerConfig.read(Map.of(), list, Map.of(), USER);
    ServerConfig plain = ServerConfig.read(Map.of(), null, Map.of(), USER);
    assertEquals(plain.text(setting), listed.text(setting));
    String leaf = setting.key().substring(setting.key().lastIndexOf('.') + 1);
    try {
      assertTrue(Files.readAllLines(list).stream().anyMatch(line -> line.strip().startsWith(leaf + ":")), setting.key());
    } catch (java.io.IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }
}
