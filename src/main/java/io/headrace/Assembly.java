package io.headrace;

import io.headrace.decode.StrategySource;
import io.headrace.decode.UnavailableDecoding;
import io.headrace.decode.medusa.HeadsDrafter;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.decode.specdec.ChainDrafter;
import io.headrace.engine.Companion;
import io.headrace.engine.Engine;
import io.headrace.engine.EngineOptions;
import io.headrace.engine.EngineSnapshot;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Strategy;
import io.headrace.intake.FrontDesk;
import io.headrace.intake.ModelDesk;
import io.headrace.intake.PromptAssembly;
import io.headrace.intake.ServedModel;
import io.headrace.intake.StopText;
import io.headrace.intake.cascade.Judges;
import io.headrace.model.Model;
import io.headrace.model.ModelCard;
import io.headrace.schedule.DecodeFirst;
import io.headrace.store.ModelStore;
import io.headrace.store.StoreOptions;
import io.headrace.tensor.ThreadUse;
import io.headrace.text.ChatTemplate;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Builds every long-lived object once, and takes them down in turn. Thread: start-up and shutdown. */
final class Assembly implements AutoCloseable {
  private final ServerConfig config;
  private final LoadedModel loaded;
  private final Engine engine;
  private final ModelDesk desk;
  private final ResidentMemory resident;

  private Assembly(ServerConfig config, LoadedModel loaded, Engine engine, ModelDesk desk, ResidentMemory resident) {
    this.config = config;
    this.loaded = loaded;
    this.engine = engine;
    this.desk = desk;
    this.resident = resident;
  }

  /** A running engine behind its desk, over the configured model. {@code say} hears a line per fact. */
  static Assembly load(ServerConfig config, Consumer<String> say) {
    return load(config, FoundModel.of(config), say);
  }

  static Assembly load(ServerConfig config, FoundModel found, Consumer<String> say) {
    String template = templateFile(config);
    Judges judges = CascadeReferences.judges(config);
    LoadedModel loaded = LoadedModel.load(config, found, _ -> 0, say);
    Set<Integer> ends = new HashSet<>();
    for (int id : loaded.tokenizer().endOfGeneration()) ends.add(id);
    EngineOptions options =
        EngineOptions.defaults(ends)
            .withMaxRunning(config.integer(Setting.MAX_SEQUENCES))
            .withStepTokens(Math.max(config.integer(Setting.STEP_TOKENS), config.integer(Setting.MAX_SEQUENCES)))
            .withStreamStretch(config.decimal(Setting.STREAM_STRETCH))
            .withMaxQueued(config.integer(Setting.QUEUE));
    List<String> names = loaded.companions().stream().map(Companion::name).toList();
    Engine engine =
        new Engine(
            loaded.model(),
            loaded.companions(),
            options,
            rule -> new StopText(loaded.tokenizer(), rule),
            System::nanoTime,
            strategies(loaded.heads(), names),
            new DecodeFirst());
    String missing = missing(engine, config.decoding(), judges);
    if (missing != null) {
      engine.close();
      loaded.close();
      throw new Problem("decoding (or HEADRACE_DECODING): " + missing);
    }
    ModelCard card = loaded.model().card();
    ServedModel served = new ServedModel(loaded.name(), Clock.systemUTC().instant().getEpochSecond(), card.contextLength(), config.decoding(), facts(loaded, config.decoding()));
    ChatTemplate chat = loaded.template(template, Clock.systemDefaultZone());
    ModelDesk desk =
        new ModelDesk(
            served,
            engine,
            loaded.tokenizer(),
            new PromptAssembly(loaded.tokenizer(), chat, card.vocabulary()),
            card.vocabulary(),
            () -> ThreadLocalRandom.current().nextLong(),
            judges);
    ResidentMemory resident = new ResidentMemory();
    memory(loaded, resident.look()).forEach(say);
    return new Assembly(config, loaded, engine, desk, resident);
  }

  private static @Nullable String missing(Engine engine, DecodingChoice choice, Judges judges) {
    if (!(choice instanceof DecodingChoice.Cascade cascade)) return engine.missingFor(choice);
    if (judges.of(cascade.judge()) == null) return "the judge '%s' needs cascade.references".formatted(cascade.judge().word());
    return engine.missingFor(cascade.first());
  }

  private static StrategySource strategies(@Nullable TrainedHeads heads, List<String> companions) {
    if (heads == null) return StrategySource.ofChoice(null, null, companions);
    return StrategySource.ofChoice(
        (always, mostDrafted) -> new HeadsDrafter(always ? heads.open() : ready(heads), mostDrafted),
        choice -> ChainDrafter.of(choice, heads.open(), heads.judge()),
        companions);
  }

  /** Who can draft without heads does not wait for them. */
  private static SharedHeads ready(TrainedHeads heads) {
    SharedHeads ready = heads.ready();
    if (ready == null) throw new UnavailableDecoding("the drafting heads are still being read");
    return ready;
  }

  /** Reads what drafts for the model, if anything does, so that the next request finds it. */
  void readDrafters() {
    TrainedHeads heads = loaded.heads();
    if (heads == null) return;
    try {
      heads.open();
    } catch (UnavailableDecoding _) {
      // Said in the log; a request that needs them is refused.
    }
  }

  /** The model store that the configuration describes. */
  static ModelStore store(ServerConfig config) {
    StoreOptions options = StoreOptions.in(config.home()).withOffline(config.flag(Setting.HUB_OFFLINE), config.flag(Setting.OFFLINE));
    String endpoint = config.text(Setting.HUB_ENDPOINT);
    String token = config.text(Setting.HUB_TOKEN);
    try {
      return new ModelStore(
          options.withHub(endpoint.isEmpty() ? StoreOptions.DEFAULT_HUB : URI.create(endpoint), token.isEmpty() ? null : token));
    } catch (IllegalArgumentException wrong) {
      throw new Problem(wrong.getMessage());
    }
  }

  ServerConfig config() {
    return config;
  }

  FrontDesk desk() {
    return desk;
  }

  String modelName() {
    return loaded.name();
  }

  /** Equal for servers whose answers are interchangeable. */
  String fingerprint() {
    return "fp_" + loaded.model().card().fingerprint().substring(0, 12);
  }

  /** Every number of the server at one moment, always the same ones in the same order. */
  List<Reading> readings() {
    EngineSnapshot now = engine.snapshot();
    ThreadUse threads = loaded.kernels().threadUse();
    ResidentMemory.Look memory = resident.look();
    List<Reading> readings = new ArrayList<>();
    Reading.all(now.gauges(), false, Tags.empty(), readings);
    Reading.all(threads.gauges(), false, Tags.empty(), readings);
    Reading.all(now.totals(), true, Tags.empty(), readings);
    Reading.all(threads.totals(), true, Tags.empty(), readings);
    Reading.all(desk.totals(), true, Tags.empty(), readings);
    for (Strategy strategy : Strategy.values()) Reading.all(now.decoding(strategy), true, Tags.of("strategy", strategy.word()), readings);
    for (String model : now.modelNames()) Reading.all(now.model(model), true, Tags.of("model", model), readings);
    readings.add(new Reading("weights_bytes", false, Tags.empty(), loaded.weightBytes()));
    readings.add(new Reading("heads_bytes", false, Tags.empty(), loaded.heads() == null ? 0 : loaded.heads().bytes()));
    readings.add(new Reading("kv_budget_bytes", false, Tags.empty(), kvBytes(loaded)));
    readings.add(new Reading("resident_bytes", false, Tags.empty(), memory.bytes()));
    readings.add(new Reading("huge_page_bytes", false, Tags.empty(), memory.hugePageBytes()));
    readings.add(new Reading("info", false, labels(), 1));
    return readings;
  }

  private Tags labels() {
    ModelCard card = loaded.model().card();
    return Tags.of(
        "version", Version.number(),
        "model", loaded.name(),
        "architecture", card.architecture(),
        "kernels", card.kernels(),
        "activations", card.activations(),
        "kv_pages", card.kvFormat());
  }

  /** The line that says where the server is. */
  String greeting(String host, int port) {
    return "Headrace %s serves %s at http://%s:%d (chat in a browser there; API under /v1)".formatted(Version.number(), loaded.name(), host, port);
  }

  @Override
  public void close() {
    desk.drain();
    try {
      engine.drain(Duration.ofSeconds(config.integer(Setting.DRAIN_SECONDS)));
    } catch (InterruptedException hurry) {
      Thread.currentThread().interrupt();
    }
    engine.close();
    loaded.close();
  }

  private static Map<String, Object> facts(LoadedModel loaded, DecodingChoice decoding) {
    ModelCard card = loaded.model().card();
    Map<String, Object> facts = new LinkedHashMap<>();
    facts.put("architecture", card.architecture());
    facts.put("name", card.name());
    facts.put("parameters", card.parameters());
    facts.put("kernels", card.kernels());
    facts.put("activations", card.activations());
    facts.put("kv_pages", card.kvFormat());
    facts.put("kv_blocks", loaded.model().blocks());
    facts.put("decoding", decoding.word());
    if (!loaded.companions().isEmpty()) facts.put("companions", loaded.companions().stream().map(Companion::name).toList());
    return facts;
  }

  private static long kvTokens(LoadedModel loaded) {
    return (long) loaded.model().blocks() * Model.BLOCK_TOKENS;
  }

  private static long kvBytes(LoadedModel loaded) {
    return kvTokens(loaded) * loaded.kvBytesPerToken();
  }

  /** Where memory goes, in a line, and in a second one what is too small. */
  private static List<String> memory(LoadedModel loaded, ResidentMemory.Look now) {
    ModelCard card = loaded.model().card();
    long tokens = kvTokens(loaded);
    List<String> lines = new ArrayList<>();
    lines.add(
        "memory: %.0f MB of weights, up to %.0f MB of keys and values for %d tokens, up to %.0f MB of Java heap; %.0f MB in use now, huge pages: %s"
            .formatted(
                loaded.weightBytes() / 1e6,
                kvBytes(loaded) / 1e6,
                tokens,
                Runtime.getRuntime().maxMemory() / 1e6,
                now.bytes() / 1e6,
                now.hugePageBytes() > 0 ? "yes" : "no"));
    if (tokens < card.contextLength()) {
      lines.add(
          "memory: a sequence may have %d tokens here, fewer than the model's window of %d: set engine.kv-memory to %d MiB or more, or accept it with engine.context=%d"
              .formatted(tokens, card.contextLength(), (card.contextLength() * loaded.kvBytesPerToken() + (1 << 20) - 1 >> 20) + 1, tokens));
    }
    return lines;
  }

  private static @Nullable String templateFile(ServerConfig config) {
    String file = config.text(Setting.CHAT_TEMPLATE);
    if (file.isEmpty()) return null;
    try {
      return Files.readString(Path.of(file));
    } catch (IOException unreadable) {
      throw new Problem("the chat template %s cannot be read: %s".formatted(file, unreadable.getMessage()));
    }
  }
}
