package io.headrace.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An open Hugging Face model folder: one safetensors file or an index of shards, with {@code
 * config.json}, and usually {@code tokenizer.json} and {@code tokenizer_config.json}. Weights are
 * F32, F16 or BF16.
 *
 * <p>Metadata and tensor names are translated to GGUF's. Beyond those keys, or with another meaning
 * than in GGUF files:
 *
 * <ul>
 *   <li>{@value #ROPE_PAIRING} is {@code halves}: rotary pairs are elements i and i + dimensions /
 *       2 of a head, for every architecture. (GGUF files of llama have the rows of Q and K
 *       reordered so that pairs are neighbours; these have not.)
 *   <li>{@code ARCH.rope.scaling.type} may be {@code llama3}, with {@code factor}, {@code
 *       low_freq_factor}, {@code high_freq_factor} and {@code original_context_length} beside it;
 *       GGUF has a tensor {@code rope_freqs.weight} instead.
 *   <li>{@code tokenizer.ggml.eos_token_ids}: every id that ends a text, where {@code eos_token_id}
 *       has the first.
 *   <li>{@value #BOS_TOKEN} and {@value #EOS_TOKEN}: the texts of these tokens, where the model
 *       names them.
 *   <li>{@code tokenizer.chat_template.NAME}: named templates beside the default one.
 *   <li>{@code tokenizer.ggml.tokens} and its like are absent: {@link #tokenizerJson()} has the
 *       vocabulary.
 * </ul>
 *
 * <p>Tensors keep the file's own name where the translation does not know it. {@code output.weight}
 * is left out where the model says that its embedding serves as output matrix. Tensor data may be
 * unaligned.
 */
public final class SafetensorsFile implements WeightFile {
  /** Which elements of a head rotate together. */
  public static final String ROPE_PAIRING = "headrace.rope.pairing";

  /** The text of the token that starts a text. */
  public static final String BOS_TOKEN = "headrace.tokenizer.bos_token";

  /** The text of the token that ends a text. */
  public static final String EOS_TOKEN = "headrace.tokenizer.eos_token";

  private static final String OUTPUT = "output.weight";

  private final Path path;
  private final Path folder;
  private final Arena arena;
  private final Metadata metadata;
  private final TensorDirectory tensors;

  private SafetensorsFile(
      Path path, Path folder, Arena arena, Metadata metadata, TensorDirectory tensors) {
    this.path = path;
    this.folder = folder;
    this.arena = arena;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /**
   * Opens a folder, one file of it, or its index.
   *
   * @throws WeightFileException if something is missing, malformed or not supported
   */
  static SafetensorsFile open(Path path) {
    boolean isFolder = Files.isDirectory(path);
    Path folder = isFolder ? path : path.toAbsolutePath().getParent();
    if (isFolder && !Files.isRegularFile(folder.resolve("config.json"))) {
      throw new WeightFileException(
          folder,
          "no config.json in this folder; expected a Hugging Face model with config.json and"
              + " *.safetensors. For a GGUF model name the .gguf file itself");
    }
    HuggingFaceConfig config = HuggingFaceConfig.read(folder);
    ShardIndex index = isFolder ? ShardIndex.in(folder) : ShardIndex.around(path.toAbsolutePath());
    Arena arena = Arena.ofShared();
    try {
      TensorDirectory tensors = new TensorDirectory(folder, map(index, config, folder, arena));
      return new SafetensorsFile(path, folder, arena, config.metadata(), tensors);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, TensorInfo> map(
      ShardIndex index, HuggingFaceConfig config, Path folder, Arena arena) {
    Map<String, TensorInfo> byName = new LinkedHashMap<>();
    index
        .shards()
        .forEach(
            (shard, listed) -> {
              Map<String, TensorInfo> found =
                  SafetensorsShard.read(
                      shard,
                      map(shard, arena),
                      name ->
                          !HuggingFaceNames.isRedundant(name)
                              && listed.map(names -> names.contains(name)).orElse(true));
              listed.ifPresent(names -> checkComplete(shard, names, found.keySet()));
              found.forEach(
                  (name, tensor) -> {
                    String gguf = HuggingFaceNames.toGguf(name);
                    TensorInfo renamed =
                        new TensorInfo(
                            gguf,
                            tensor.format(),
                            tensor.rows(),
                            tensor.columns(),
                            tensor.shape(),
                            tensor.data());
                    if (byName.put(gguf, renamed) != null) {
                      throw new WeightFileException(
                          shard, "tensor %s (%s) is there twice".formatted(name, gguf));
                    }
                  });
            });
    Optional<Boolean> tied = config.tied();
    if (tied.orElse(false)) byName.remove(OUTPUT);
    if (!tied.orElse(true) && !byName.containsKey(OUTPUT)) {
      throw new WeightFileException(
          folder,
          "tensor lm_head.weight is missing, and config.json says that the embedding does not"
              + " replace it (tie_word_embeddings)");
    }
    return byName;
  }

  private static void checkComplete(Path shard, Set<String> listed, Set<String> found) {
    for (String name : listed) {
      if (!found.contains(name) && !HuggingFaceNames.isRedundant(name)) {
        throw new WeightFileException(
            shard, "tensor %s is missing, although the index lists it here".formatted(name));
      }
    }
  }

  private static MemorySegment map(Path file, Arena arena) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new WeightFileException(file, "cannot be mapped: " + e, e);
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Metadata metadata() {
    return metadata;
  }

  @Override
  public TensorDirectory tensors() {
    return tensors;
  }

  @Override
  public Optional<Path> tokenizerJson() {
    return Optional.of(folder.resolve("tokenizer.json")).filter(Files::isRegularFile);
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) arena.close();
  }
}
