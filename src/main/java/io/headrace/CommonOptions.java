package io.headrace;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command takes. */
final class CommonOptions {
  @Option(names = "--config", paramLabel = "FILE", description = "YAML file of options; see config/headrace.yaml.")
  private @Nullable Path file;

  @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Sets an option of the configuration file; repeatable.")
  private Map<String, String> set = new HashMap<>();

  /** The configuration, with flags of the command on top. */
  ServerConfig read(Map<Setting, @Nullable String> flags) {
    Map<String, String> given = new HashMap<>(set);
    flags.forEach(
        (setting, value) -> {
          if (value != null) given.put(setting.key(), value);
        });
    return ServerConfig.read(given, file);
  }

  /** Refuses the value of an option that is below {@code least}. */
  static void atLeast(String option, long least, long value) {
    if (value < least) throw new Problem("%s must be at least %d, was %d".formatted(option, least, value));
  }

  /** A map of settings to flags, absent ones null. */
  static Map<Setting, @Nullable String> flags(Object... pairs) {
    Map<Setting, @Nullable String> flags = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      Object value = pairs[i + 1];
      flags.put((Setting) pairs[i], value == null ? null : value.toString());
    }
    return flags;
  }
}
