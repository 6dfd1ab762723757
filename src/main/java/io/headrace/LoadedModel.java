package io.headrace;

import io.headrace.model.Activations;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.store.ModelReference;
import io.headrace.store.ModelStore;
import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import io.headrace.text.Tokenizer;
import io.headrace.text.VocabularySource;
import io.headrace.weights.Metadata;
import io.headrace.weights.WeightFile;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/**
 * A model in memory with its kernels and what its file says about text.
 *
 * @param name what requests call it
 * @param tokenizer closed with it
 * @param metadata of the file, which is unmapped by now
 */
record LoadedModel(String name, Kernels kernels, Model model, Tokenizer tokenizer, Metadata metadata) implements AutoCloseable {
  /** Windows of keys and values that the automatic budget aims at. */
  private static final int WINDOWS = 8;

  /**
   * Finds, fetches, reads and packs the configured model.
   *
   * @param blocks blocks of keys and values for a window of so many tokens; the budget of the configuration when it gives 0
   * @param say told what happens, a line each
   */
  static LoadedModel load(ServerConfig config, IntUnaryOperator blocks, Consumer<String> say) {
    Activations activations = activations(config.text(Setting.ACTIVATIONS));
    Path home = config.home();
    Tokenizer.nativeSettings(home.resolve("native")).forEach(System::setProperty);
    ModelStore store = Assembly.store(config);
    ModelReference reference = store.resolve(config.text(Setting.MODEL));
    Path path = PullCommand.obtain(store, reference);
    String name = config.text(Setting.MODEL_NAME).isEmpty() ? reference.name() : config.text(Setting.MODEL_NAME);
    Kernels kernels = Kernels.open(kernelsOptions(config, home));
    say.accept("kernels: " + kernels.describe());
    try (WeightFile file = WeightFile.open(path)) {
      Tokenizer tokenizer = Tokenizer.of(VocabularySource.of(file));
      Model model = Models.load(file, kernels, options(config, file, blocks).withActivations(activations), LoadProgress.IGNORED);
      return new LoadedModel(name, kernels, model, tokenizer, file.metadata());
    } catch (RuntimeException failed) {
      kernels.close();
      throw failed;
    }
  }

  private static LoadOptions options(ServerConfig config, WeightFile file, IntUnaryOperator wanted) {
    int context = config.integer(Setting.CONTEXT);
    int window = Models.window(file);
    if (context > window) {
      throw new Problem("engine.context is %d tokens, but %s was made for at most %d".formatted(context, file.path().getFileName(), window));
    }
    int served = context == 0 ? window : context;
    int maxSequences = config.integer(Setting.MAX_SEQUENCES);
    int rows = Math.max(config.integer(Setting.STEP_TOKENS), maxSequences);
    int blocks = wanted.applyAsInt(served);
    if (blocks == 0) blocks = budget(config, served, Models.kvBytesPerToken(file));
    return LoadOptions.withBlocks(blocks)
        .withLimits(rows, maxSequences, Math.max(LoadOptions.DEFAULT_MAX_WANTED, maxSequences))
        .withMaxContext(served)
        .withDequantise(config.flag(Setting.DEQUANTISE));
  }

  /** Blocks for the configured bytes; by default for a few full windows, at most a quarter of the free memory. */
  private static int budget(ServerConfig config, int window, long bytesPerToken) {
    long bytesPerBlock = bytesPerToken * Model.BLOCK_TOKENS;
    long bytes = config.bytes(Setting.KV_MEMORY);
    if (bytes == 0) {
      bytes = Math.min(WINDOWS * (long) window * bytesPerToken, FreeMemory.bytes() / 4);
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

  private static Activations activations(String name) {
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

  @Override
  public void close() {
    model.close();
    kernels.close();
    tokenizer.close();
  }
}
