package io.headrace;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingForm;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Every option of the server, read once: from the command line, else the environment, else a configuration file, else its default.
 * The key {@code engine.step-tokens} is the variable {@code HEADRACE_ENGINE_STEP_TOKENS} and the flag {@code --set
 * engine.step-tokens=N}; {@code config/headrace.yaml} lists them all.
 *
 * <p>The only reader of environment variables and system properties. Immutable; any thread.
 */
public final class ServerConfig {
  /** An option that cannot be used; the message names key, value and range. */
  public static final class BadOption extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BadOption(String message) {
      super(message, null, false, false);
    }
  }

  private final Map<Setting, String> values;
  private final Path cache;

  private ServerConfig(Map<Setting, String> values, Path cache) {
    this.values = values;
    this.cache = cache;
  }

  /**
   * @param flags keys and values from the command line
   * @param file a YAML file, or null
   */
  static ServerConfig read(Map<String, String> flags, @Nullable Path file) {
    return read(flags, file, System.getenv(), Path.of(System.getProperty("user.home")));
  }

  static ServerConfig read(Map<String, String> flags, @Nullable Path file, Map<String, String> environment, Path userHome) {
    Map<String, String> inFile = file == null ? Map.of() : flatten(file);
    refuseUnknown(flags, "the command line");
    refuseUnknown(inFile, String.valueOf(file));
    Map<Setting, String> values = new HashMap<>();
    for (Setting setting : Setting.values()) {
      String value = flags.get(setting.key());
      if (value == null) value = setting.variables().stream().map(environment::get).filter(v -> v != null && !v.isBlank()).findFirst().orElse(null);
      if (value == null) value = inFile.get(setting.key());
      values.put(setting, setting.check(value == null ? setting.defaultValue() : value.trim()));
    }
    String xdg = environment.get("XDG_CACHE_HOME");
    Path cache = xdg != null && !xdg.isBlank() ? Path.of(xdg) : userHome.resolve(".cache");
    return new ServerConfig(values, cache);
  }

  /** The text of an option, checked. */
  String text(Setting setting) {
    return values.get(setting);
  }

  /** An option that is a whole number. */
  int integer(Setting setting) {
    return (int) Double.parseDouble(text(setting));
  }

  /** An option that is a number. */
  double decimal(Setting setting) {
    return Double.parseDouble(text(setting));
  }

  boolean flag(Setting setting) {
    return Boolean.parseBoolean(text(setting));
  }

  /** An option that counts bytes: a plain number or one with KiB, MiB, GiB; 0 when it says auto. */
  long bytes(Setting setting) {
    return Setting.bytes(text(setting));
  }

  /** How requests are decoded that do not say. */
  DecodingChoice decoding() {
    return DecodingForm.parse(text(Setting.DECODING));
  }

  /** The companions' models by name, in order. */
  Map<String, String> companions() {
    Map<String, String> companions = new LinkedHashMap<>();
    String all = text(Setting.COMPANIONS);
    for (String each : all.isBlank() ? new String[0] : all.split(",", -1)) {
      int equals = each.indexOf('=');
      companions.put(each.substring(0, equals).strip(), each.substring(equals + 1).strip());
    }
    return companions;
  }

  /** Where models and unpacked libraries live. */
  Path home() {
    String home = text(Setting.HOME);
    return home.isEmpty() ? cache.resolve("headrace") : Path.of(home);
  }

  private static void refuseUnknown(Map<String, String> given, String source) {
    var known = new TreeSet<String>();
    for (Setting setting : Setting.values()) known.add(setting.key());
    for (String key : given.keySet()) {
      if (!known.contains(key)) throw new BadOption("%s sets '%s', which is no option. Options: %s".formatted(source, key, String.join(", ", known)));
    }
  }

  private static Map<String, String> flatten(Path file) {
    try (Reader reader = Files.newBufferedReader(file)) {
      Object root = new Yaml(new SafeConstructor(new LoaderOptions())).load(reader);
      Map<String, String> flat = new LinkedHashMap<>();
      if (root != null) flatten("", root, flat, file);
      return flat;
    } catch (IOException unreadable) {
      throw new BadOption("the configuration file %s cannot be read: %s".formatted(file, unreadable.getMessage()));
    } catch (YAMLException wrong) {
      throw new BadOption("the configuration file %s is not valid YAML: %s".formatted(file, wrong.getMessage()));
    }
  }

  private static void flatten(String prefix, Object node, Map<String, String> flat, Path file) {
    if (node instanceof Map<?, ?> map) {
      map.forEach((key, value) -> flatten(prefix.isEmpty() ? String.valueOf(key) : prefix + "." + key, value == null ? "" : value, flat, file));
    } else if (prefix.equals(Setting.COMPANIONS.key()) && node instanceof Iterable<?> list) {
      StringBuilder joined = new StringBuilder();
      for (Object each : list) joined.append(joined.isEmpty() ? "" : ",").append(each);
      flat.put(prefix, joined.toString());
    } else if (prefix.isEmpty() || node instanceof Iterable<?>) {
      throw new BadOption("%s: '%s' must be a single value under a key".formatted(file, prefix));
    } else {
      flat.put(prefix, String.valueOf(node));
    }
  }
}
