package io.headrace;

import io.headrace.generation.DecodingForm;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One row per option: its key, its default, its range, what it does. */
enum Setting {
  HOME("home", "", Kind.TEXT, 0, 0, "folder of models and unpacked libraries; empty: headrace in the user's cache folder"),
  MODEL("model", "smollm2-135m-instruct", Kind.TEXT, 0, 0, "what is served: a catalogue name, a GGUF file, a safetensors folder, or hf:org/repo/file"),
  MODEL_NAME("model-name", "", Kind.TEXT, 0, 0, "the name requests use; empty: the catalogue name or the file's name"),
  DECODING("decoding", "auto", Kind.DECODING, 0, 0, "how requests are decoded that do not say: plain, ngram, medusa, specdec, auto, entropy, or with options: ngram,most_drafted=4"),
  HEADS("draft.heads", "auto", Kind.TEXT, 0, 0, "trained drafting heads: those that come with this version for the model, if any (auto), none, or a folder that train heads or train draft made"),
  COMPANIONS("companions", "", Kind.COMPANIONS, 0, 0, "further models with the same tokens beside it, for decoding with several: NAME=MODEL, more of them after commas; MODEL as for model"),
  CASCADE_REFERENCES("cascade.references", "", Kind.TEXT, 0, 0, "file of known answers for the judge meta of cascades: a JSON object with question, answer and correct (true or false) a line"),
  CHAT_TEMPLATE("chat-template", "", Kind.TEXT, 0, 0, "file of a Jinja chat template that replaces the model's own"),
  HUB_ENDPOINT("hub.endpoint", "", Kind.TEXT, 0, 0, "address of a Hugging Face hub or mirror; also HF_ENDPOINT"),
  HUB_TOKEN("hub.token", "", Kind.TEXT, 0, 0, "access token for the hub; also HF_TOKEN"),
  HUB_OFFLINE("hub.offline", "false", Kind.FLAG, 0, 0, "never ask the hub; also HF_HUB_OFFLINE"),
  OFFLINE("offline", "false", Kind.FLAG, 0, 0, "never fetch anything from anywhere"),
  HOST("http.host", "127.0.0.1", Kind.TEXT, 0, 0, "address to listen on; 0.0.0.0 for all"),
  PORT("http.port", "8080", Kind.NUMBER, 0, 65535, "port to listen on; 0 picks a free one"),
  BODY_LIMIT("http.body-limit", "16MiB", Kind.BYTES, 1024, 1L << 30, "largest request body"),
  THREADS("kernels.threads", "auto", Kind.COUNT, 1, 64, "members of the thread team; auto: physical cores available to the process"),
  ADAPTIVE_THREADS("kernels.adaptive-threads", "true", Kind.FLAG, 0, 0, "compute with fewer threads while another process holds a core; false: always with all"),
  TIER("kernels.tier", "auto", Kind.TEXT, 0, 0, "best instruction set to use: auto, avx512, avx2, scalar or java; also HEADRACE_KERNEL_TIER"),
  SPINS("kernels.spins", "4000", Kind.NUMBER, 0, 1_000_000, "pauses a waiting team member spins before it sleeps"),
  NATIVE_LIBRARY("kernels.library", "", Kind.TEXT, 0, 0, "file of the kernel library instead of the packed one"),
  DEQUANTISE("kernels.dequantise", "false", Kind.FLAG, 0, 0, "compute with float32 copies of quantised weights: slower, float32 activations"),
  ACTIVATIONS("kernels.activations", "int8", Kind.TEXT, 0, 0, "how activations are rounded for quantised weights: int8, or int16 (two int8 planes: nearly float32, slower where compute bound)"),
  KV_FORMAT("kv.format", "auto", Kind.TEXT, 0, 0, "how keys and values are held: f16, or bf16, which loses a little; auto: bf16 where the processor multiplies it, else f16"),
  CONTEXT("engine.context", "auto", Kind.COUNT, 16, 1 << 24, "longest sequence, tokens; auto: the model's window"),
  KV_MEMORY("engine.kv-memory", "auto", Kind.BYTES, 0, 1L << 44, "bytes of keys and values; auto: for 8 full windows, at most a quarter of the memory that is free for this process"),
  STEP_TOKENS("engine.step-tokens", "512", Kind.NUMBER, 1, 8192, "tokens a step computes at most"),
  STREAM_STRETCH("engine.stream-stretch", "2.0", Kind.DECIMAL, 1, 1000, "running streams: a step with prompts takes at most so many times a plain one, measured; larger: prompts finish sooner"),
  MAX_SEQUENCES("engine.max-sequences", "64", Kind.NUMBER, 1, 1024, "sequences that run at once"),
  QUEUE("engine.queue", "512", Kind.NUMBER, 1, 1_000_000, "requests that may wait; more are refused with 503"),
  DRAIN_SECONDS("engine.drain-seconds", "30", Kind.NUMBER, 0, 3600, "seconds running requests get to finish when the server stops");

  /** What a value looks like. */
  private enum Kind {
    TEXT,
    /** A strategy with its options, as {@link DecodingForm} reads it. */
    DECODING,
    /** Names and models, as {@link ServerConfig#companions} reads them. */
    COMPANIONS,
    FLAG,
    NUMBER,
    DECIMAL,
    /** A number, or {@code auto}. */
    COUNT,
    /** A number with an optional unit, or {@code auto}. */
    BYTES
  }

  private static final Pattern SIZE = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([KMGT]?)(?:i?B)?", Pattern.CASE_INSENSITIVE);
  private static final Pattern COMPANION = Pattern.compile("([A-Za-z0-9._-]+)=(.+)");

  /** Models that an engine takes, the served one included. */
  private static final int MOST_MODELS = io.headrace.decode.ModelRows.MOST;

  private static final Map<String, List<String>> ALIASES =
      Map.of(
          "hub.endpoint", List.of("HF_ENDPOINT"),
          "hub.token", List.of("HF_TOKEN"),
          "hub.offline", List.of("HF_HUB_OFFLINE"),
          "kernels.tier", List.of("HEADRACE_KERNEL_TIER"));

  private final String key;
  private final String defaultValue;
  private final Kind kind;
  private final long low;
  private final long high;
  private final String meaning;

  Setting(String key, String defaultValue, Kind kind, long low, long high, String meaning) {
    this.key = key;
    this.defaultValue = defaultValue;
    this.kind = kind;
    this.low = low;
    this.high = high;
    this.meaning = meaning;
  }

  String key() {
    return key;
  }

  String defaultValue() {
    return defaultValue;
  }

  String meaning() {
    return meaning;
  }

  /** Environment variables that set it, strongest first. */
  List<String> variables() {
    String own = "HEADRACE_" + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    var all = new java.util.ArrayList<>(List.of(own));
    all.addAll(ALIASES.getOrDefault(key, List.of()));
    return all;
  }

  /**
   * The value as it is kept.
   *
   * @throws ServerConfig.BadOption naming the key when it is out of range
   */
  String check(String value) {
    return switch (kind) {
      case TEXT -> value;
      case DECODING -> {
        try {
          DecodingForm.parse(value);
        } catch (DecodingForm.Wrong wrong) {
          throw bad(value, "cannot be read: " + wrong.getMessage());
        }
        yield value;
      }
      case COMPANIONS -> {
        Set<String> names = new HashSet<>();
        for (String each : value.isBlank() ? new String[0] : value.split(",", -1)) {
          Matcher companion = COMPANION.matcher(each.strip());
          if (!companion.matches()) throw bad(value, "must be NAME=MODEL with a name of letters, digits, '.', '_' and '-', more of them after commas");
          if (companion.group(1).equals("target")) throw bad(value, "must not call a companion 'target', which is the served model");
          if (!names.add(companion.group(1))) throw bad(value, "gives the name " + companion.group(1) + " twice");
        }
        if (names.size() >= MOST_MODELS) throw bad(value, "must name at most %d companions".formatted(MOST_MODELS - 1));
        yield value;
      }
      case FLAG ->
          switch (value.toLowerCase(Locale.ROOT)) {
            case "true", "1", "yes", "on" -> "true";
            case "false", "0", "no", "off", "" -> "false";
            default -> throw bad(value, "must be true or false");
          };
      case DECIMAL -> {
        double number;
        try {
          number = Double.parseDouble(value);
        } catch (NumberFormatException wrong) {
          throw bad(value, "must be a number");
        }
        if (!(number >= low && number <= high)) throw bad(value, "must be between %d and %d".formatted(low, high));
        yield Double.toString(number);
      }
      case NUMBER, COUNT -> {
        if (kind == Kind.COUNT && value.equalsIgnoreCase("auto")) yield "0";
        long number;
        try {
          number = Long.parseLong(value);
        } catch (NumberFormatException wrong) {
          throw bad(value, "must be a whole number" + (kind == Kind.COUNT ? " or auto" : ""));
        }
        if (number < low || number > high) throw bad(value, "must be between %d and %d".formatted(low, high));
        yield Long.toString(number);
      }
      case BYTES -> {
        if (value.equalsIgnoreCase("auto")) yield "0";
        if (!SIZE.matcher(value).matches()) throw bad(value, "must be a size such as 512MiB, or auto");
        long number = bytes(value);
        if (number < low || number > high) throw bad(value, "must be between %d and %d bytes".formatted(low, high));
        yield Long.toString(number);
      }
    };
  }

  static long bytes(String value) {
    Matcher size = SIZE.matcher(value);
    if (!size.matches()) throw new IllegalArgumentException(value);
    int power = " KMGT".indexOf(size.group(2).isEmpty() ? ' ' : Character.toUpperCase(size.group(2).charAt(0)));
    return (long) (Double.parseDouble(size.group(1)) * Math.pow(1024, power));
  }

  private ServerConfig.BadOption bad(String value, String problem) {
    return new ServerConfig.BadOption("%s (or %s) %s, was '%s'".formatted(key, variables().getFirst(), problem, value));
  }
}
