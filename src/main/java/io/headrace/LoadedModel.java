package io.headrace;

import io.headrace.engine.Companion;
import io.headrace.model.Activations;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.KvFormat;
import io.headrace.tensor.Tier;
import io.headrace.text.ChatTemplate;
import io.headrace.text.Tokenizer;
import io.headrace.text.VocabularySource;
import io.headrace.weights.Metadata;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A model in memory with its kernels and what its file says about text.
 *
 * @param name what requests call it
 * @param companions the models beside it
 * @param heads trained for the model, where there are some; read when they are asked for
 * @param tokenizer closed with it
 * @param metadata of the file, which is unmapped by now
 */
record LoadedModel(
    String name, Kernels kernels, Model model, List<Companion> companions, @Nullable TrainedHeads heads, Tokenizer tokenizer, Metadata metadata)
    implements AutoCloseable {
  /** Windows of keys and values that the automatic budget aims at. */
  private static final int WINDOWS = 8;

  /**
   * Reads and packs a model: its weights on this thread, its tokenizer on another at the same time, while a third looks for the kernels.
   *
   * @param blocks blocks of keys and values for a window of so many tokens; the budget of the configuration when it gives 0
   * @param say told what happens, a line each
   */
  static LoadedModel load(ServerConfig config, FoundModel found, IntUnaryOperator blocks, Consumer<String> say) {
    return load(config, found, blocks, UnaryOperator.identity(), say);
  }

  /** As above, with the options that the configuration gives changed by {@code shape}. */
  static LoadedModel load(ServerConfig config, FoundModel found, IntUnaryOperator blocks, UnaryOperator<LoadOptions> shape, Consumer<String> say) {
    Activations activations = activations(config);
    Path home = config.home();
    Tokenizer.nativeSettings(home.resolve("native")).forEach(System::setProperty);
    Aside<Kernels> opening = Aside.start("headrace-kernels", () -> Kernels.open(kernelsOptions(config, home)));
    try (WeightFile file = WeightFile.open(found.path());
        CompanionFiles beside = CompanionFiles.open(found.companions())) {
      Aside<Tokenizer> reading = Aside.start("headrace-tokenizer", () -> Tokenizer.of(VocabularySource.of(file)));
      try {
        say.accept("kernels: " + opening.result().describe());
        LoadOptions options = shape.apply(options(config, file, beside, blocks, opening.result()).withActivations(activations));
        Model model = Models.load(file, opening.result(), options, LoadProgress.IGNORED);
        List<Companion> companions = List.of();
        try {
          companions = beside.load(opening.result(), options);
          for (Companion each : companions) say.accept("companion %s: %s, %.0f MB of weights".formatted(each.name(), each.model().card().name(), each.model().card().weightBytes() / 1e6));
          TrainedHeads heads = TrainedHeads.find(config, model, file, say);
          return new LoadedModel(found.name(), opening.result(), model, companions, heads, reading.result(), file.metadata());
        } catch (RuntimeException failed) {
          companions.forEach(companion -> companion.model().close());
          model.close();
          throw failed;
        }
      } catch (RuntimeException failed) {
        reading.result(Tokenizer::close); // it reads the mapped file
        throw failed;
      }
    } catch (RuntimeException failed) {
      opening.result(Kernels::close);
      throw failed;
    }
  }

  private static LoadOptions options(ServerConfig config, WeightFile file, CompanionFiles beside, IntUnaryOperator wanted, Kernels kernels) {
    int context = config.integer(Setting.CONTEXT);
    int window = Models.window(file);
    if (context > window) {
      throw new Problem("engine.context is %d tokens, but %s was made for at most %d".formatted(context, file.path().getFileName(), window));
    }
    int served = context == 0 ? window : context;
    beside.check(file, served);
    int maxSequences = config.integer(Setting.MAX_SEQUENCES);
    int rows = Math.max(config.integer(Setting.STEP_TOKENS), maxSequences);
    int blocks = wanted.applyAsInt(served);
    if (blocks == 0) blocks = budget(config, served, Models.kvBytesPerToken(file) + beside.kvBytesPerToken(), file.weightBytes() + beside.weightBytes());
    return LoadOptions.withBlocks(blocks)
        .withLimits(rows, maxSequences, Math.max(LoadOptions.DEFAULT_MAX_WANTED, maxSequences))
        .withMaxContext(served)
        .withTaps(Set.of(), TrainedHeads.wanted(config))
        .withDequantise(config.flag(Setting.DEQUANTISE))
        .withKvFormat(kvFormat(config).orElseGet(kernels::fastestKvFormat));
  }

  /** The format of keys and values that was asked for; empty: the fastest. */
  static Optional<KvFormat> kvFormat(ServerConfig config) {
    String name = config.text(Setting.KV_FORMAT);
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "auto", "" -> Optional.empty();
      case "f16" -> Optional.of(KvFormat.F16);
      case "bf16" -> Optional.of(KvFormat.BF16);
      default -> throw new Problem("kv.format (or HEADRACE_KV_FORMAT) must be auto, f16 or bf16, was '%s'".formatted(name));
    };
  }

  /** Blocks for the configured bytes; by default for a few full windows, at most a quarter of what the weights leave of the free memory. */
  private static int budget(ServerConfig config, int window, long bytesPerToken, long weightBytes) {
    long bytesPerBlock = bytesPerToken * Model.BLOCK_TOKENS;
    long bytes = config.bytes(Setting.KV_MEMORY);
    if (bytes == 0) {
      long left = FreeMemory.ofThisMachine().bytes() - weightBytes;
      bytes = Math.max(bytesPerBlock, Math.min(WINDOWS * (long) window * bytesPerToken, left / 4));
    }
    long blocks = bytes / bytesPerBlock;
    if (blocks < 1) {
      throw new Problem("engine.kv-memory is %d bytes, but one block of 16 tokens takes %d; give it more".formatted(bytes, bytesPerBlock));
    }
    return Math.toIntExact(Math.min(blocks, 1 << 24));
  }

  private static KernelsOptions kernelsOptions(ServerConfig config, Path home) {
    KernelsOptions options =
        KernelsOptions.defaults(home.resolve("native"))
            .withSpins(config.integer(Setting.SPINS))
            .withAdaptiveThreads(config.flag(Setting.ADAPTIVE_THREADS));
    int threads = config.integer(Setting.THREADS);
    if (threads > 0) options = options.withThreads(threads);
    Optional<Tier> tier = tier(config.text(Setting.TIER));
    if (tier.isPresent()) options = options.withHighestTier(tier.get());
    String library = config.text(Setting.NATIVE_LIBRARY);
    return library.isEmpty() ? options : options.withLibrary(Path.of(library));
  }

  static Activations activations(ServerConfig config) {
    String name = config.text(Setting.ACTIVATIONS);
    try {
      return Activations.named(name.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException unknown) {
      throw new Problem("kernels.activations (or HEADRACE_KERNELS_ACTIVATIONS): " + unknown.getMessage());
    }
  }

  private static Optional<Tier> tier(String name) {
    if (name.isEmpty() || name.equals("auto")) return Optional.empty();
    try {
      return Optional.of(Tier.named(name.toLowerCase(Locale.ROOT)));
    } catch (IllegalArgumentException unknown) {
      throw new Problem("kernels.tier (or HEADRACE_KERNEL_TIER): %s, or auto".formatted(unknown.getMessage()));
    }
  }

  /**
   * The chat template that its file has, or a common one.
   *
   * @param instead of these, if any
   * @param clock what the template is told the date is
   */
  ChatTemplate template(@Nullable String instead, Clock clock) {
    String source = instead != null ? instead : metadata.findString("tokenizer.chat_template").orElse(ChatTemplate.CHATML);
    return ChatTemplate.of(source, tokenizer.bosText(), tokenizer.eosText(), clock);
  }

  /** Bytes of packed weights, the companions' included. */
  long weightBytes() {
    long sum = model.card().weightBytes();
    for (Companion companion : companions) sum += companion.model().card().weightBytes();
    return sum;
  }

  /** Bytes of keys and values that a token takes, in the companions too. */
  long kvBytesPerToken() {
    long sum = model.card().kvBytesPerToken();
    for (Companion companion : companions) sum += companion.model().card().kvBytesPerToken();
    return sum;
  }

  @Override
  public void close() {
    if (heads != null) heads.close();
    for (Companion companion : companions) companion.model().close();
    model.close();
    kernels.close();
    tokenizer.close();
  }
}
