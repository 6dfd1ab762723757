package io.headrace;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of {@code headrace serve} in their plain forms, read without picocli: its classes are of a format that no cache of the
 * JVM keeps, and loading them takes longer than everything else between the command and the model. Anything but options with their
 * values, each once, is left to picocli, which knows the messages.
 *
 * @param given values by the setting's key
 * @param file the configuration file, if one is named
 */
record ServeArguments(Map<String, String> given, @Nullable Path file) {
  private static final Map<String, Setting> OPTIONS =
      Map.ofEntries(
          Map.entry("-m", Setting.MODEL),
          Map.entry("--model", Setting.MODEL),
          Map.entry("--companions", Setting.COMPANIONS),
          Map.entry("--host", Setting.HOST),
          Map.entry("-p", Setting.PORT),
          Map.entry("--port", Setting.PORT),
          Map.entry("-t", Setting.THREADS),
          Map.entry("--threads", Setting.THREADS),
          Map.entry("--activations", Setting.ACTIVATIONS),
          Map.entry("--chat-template", Setting.CHAT_TEMPLATE),
          Map.entry("--decoding", Setting.DECODING));

  /** What the command line says, or null where picocli must read it. */
  static @Nullable ServeArguments plain(String... args) {
    if (args.length % 2 == 0 || !args[0].equals("serve")) return null;
    Map<String, String> set = new HashMap<>();
    Map<String, String> flags = new HashMap<>();
    String file = null;
    for (int i = 1; i < args.length; i += 2) {
      String value = args[i + 1];
      if (!isPlain(value)) return null;
      Setting setting = OPTIONS.get(args[i]);
      if (setting != null) {
        if (flags.put(setting.key(), value) != null) return null;
      } else if (args[i].equals("--config") && file == null) {
        file = value;
      } else if (args[i].equals("--set")) {
        int equals = value.indexOf('=');
        if (equals < 1 || set.put(value.substring(0, equals), value.substring(equals + 1)) != null) return null;
      } else {
        return null;
      }
    }
    set.putAll(flags);
    return new ServeArguments(set, file == null ? null : Path.of(file));
  }

  /** Not empty, and with nothing that picocli may understand as more than text. */
  private static boolean isPlain(String value) {
    if (value.isEmpty() || value.charAt(0) == '-' || value.charAt(0) == '@') return false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '"' || c == '\'' || c == '$' || c == '\\') return false;
    }
    return true;
  }

  /** The configuration they ask for. */
  ServerConfig read() {
    return ServerConfig.read(given, file);
  }
}
