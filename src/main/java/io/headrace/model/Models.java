package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelFault;
import io.headrace.tensor.KvFormat;
import io.headrace.tensor.KvPages;
import io.headrace.tensor.KvShape;
import io.headrace.tensor.MatrixArena;
import io.headrace.tensor.Program;
import io.headrace.tensor.ProgramSpec;
import io.headrace.tensor.RopeTables;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Turns an open weight file into a model that runs. */
public final class Models {
  private Models() {}

  /** The longest sequence the file's model was made for, tokens. */
  public static int window(WeightFile file) {
    return sizes(file).contextLength();
  }

  /** Logits of a row: the file's tokens, and what pads them where it does. */
  public static int vocabulary(WeightFile file) {
    return sizes(file).vocabulary();
  }

  /** Bytes of keys and values that a token takes, all layers. */
  public static long kvBytesPerToken(WeightFile file) {
    Hyperparameters sizes = sizes(file);
    return 2L * Short.BYTES * sizes.layers() * sizes.kvHeads() * sizes.headDim();
  }

  private static Hyperparameters sizes(WeightFile file) {
    String name = file.metadata().string("general.architecture");
    Architecture.named(name, file.path());
    return Hyperparameters.of(file, name);
  }

  /**
   * Loads a model. Weights are packed straight from the mapped file, which may be closed afterwards.
   *
   * @param kernels what computes; stays open longer than the model, and is closed by whoever opened it
   * @throws UnsupportedModelException if this server cannot run the model
   * @throws io.headrace.weights.WeightFileException if a tensor or a number is missing or has another size
   * @throws KernelFault if there is no memory
   * @throws IllegalArgumentException if a tap lies beyond the model's layers
   */
  public static DecoderModel load(
      WeightFile file, Kernels kernels, LoadOptions options, LoadProgress progress) {
    String name = file.metadata().string("general.architecture");
    Architecture architecture = Architecture.named(name, file.path());
    Hyperparameters sizes = Hyperparameters.of(file, name);
    for (int tap : options.taps()) {
      if (tap < 0 || tap > sizes.layers()) {
        throw new IllegalArgumentException(
            "no tap after %d layers: the model has %d".formatted(tap, sizes.layers()));
      }
    }
    MatrixArena arena =
        kernels.openMatrices(PackedWeights.arenaBytes(file, kernels, options.dequantise()));
    KvPages pages = null;
    try {
      PackedWeights weights = new PackedWeights(file, arena, options.dequantise(), progress);
      ProgramAssembly assembly = ProgramAssembly.of(weights, architecture, sizes, options);
      weights.noteUsed(RopeFrequencies.FACTORS);
      weights.refuseLeftovers(name);
      pages =
          kernels.openPages(
              new KvShape(sizes.layers(), options.kvBlocks(), sizes.kvHeads(), sizes.headDim(), options.kvFormat()));
      int context =
          options.maxContext() == 0
              ? sizes.contextLength()
              : Math.min(sizes.contextLength(), options.maxContext());
      int positions = (int) Math.min(context, (long) options.kvBlocks() * Model.BLOCK_TOKENS);
      RopeTables rope = RopeFrequencies.of(file, sizes).tables(file, architecture, positions);
      ProgramSpec spec =
          new ProgramSpec(
              options.maxRows(),
              options.maxWanted(),
              options.maxSequences(),
              sizes.heads(),
              rope,
              (float) (1 / Math.sqrt(sizes.headDim())),
              pages,
              assembly.buffers(),
              assembly.ops());
      Program program = kernels.open(spec);
      ModelCard card = card(file, name, sizes, options, weights, arena, pages, kernels, context, rope);
      return new DecoderModel(
          card,
          sizes,
          options,
          kernels,
          arena,
          pages,
          assembly,
          program,
          weights.vector("output_norm.weight", sizes.hidden()),
          weights.checksumOf(OutputSlice.output(file, sizes).name()));
    } catch (RuntimeException failed) {
      if (pages != null) pages.close();
      arena.close();
      throw failed;
    }
  }

  private static ModelCard card(
      WeightFile file,
      String architecture,
      Hyperparameters sizes,
      LoadOptions options,
      PackedWeights weights,
      MatrixArena arena,
      KvPages pages,
      Kernels kernels,
      int context,
      RopeTables rope) {
    String activations = weights.quantised() ? options.activations().description() : "float32";
    long parameters = 0;
    for (TensorInfo tensor : file.tensors().all()) parameters += tensor.rows() * tensor.columns();
    return new ModelCard(
        architecture,
        file.metadata().findString("general.name").orElse(String.valueOf(file.path().getFileName())),
        parameters,
        arena.usedBytes(),
        sizes.layers(),
        context,
        sizes.vocabulary(),
        sizes.hidden(),
        pages.shape().tokenBytes(),
        kernels.describe(),
        activations,
        pages.shape().format().label(),
        digest(architecture + '\n' + weights.checksums()),
        fingerprint(architecture, sizes, weights, activations, pages.shape().format(), rope));
  }

  /** Everything that keys and values depend on: sizes, rotation, weights, arithmetic. */
  private static String fingerprint(
      String architecture,
      Hyperparameters sizes,
      PackedWeights weights,
      String activations,
      KvFormat format,
      RopeTables rope) {
    int half = sizes.headDim() / 2;
    StringBuilder facts = new StringBuilder();
    facts.append("law 1, keys and values ").append(format).append('\n');
    facts.append(architecture).append('\n');
    facts.append(sizes.withoutLimits()).append('\n').append(activations).append('\n');
    facts.append(rope.pairing()).append('\n');
    // The second position has the frequencies and the magnitude in full.
    for (int i = 0; i < half; i++) {
      int at = Math.min(1, rope.positions() - 1) * half + i;
      facts.append(rope.cos()[at]).append(' ').append(rope.sin()[at]).append('\n');
    }
    facts.append(weights.checksums());
    return digest(facts.toString());
  }

  private static String digest(String facts) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(facts.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every JDK has SHA-256", impossible);
    }
  }
}
