package io.headrace.weights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which safetensors files of a folder make up the model, and which tensors come from which.
 *
 * @param shards per file: the names to take from it, or empty for all that it has
 */
record ShardIndex(Map<Path, Optional<Set<String>>> shards) {
  private static final String WHOLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private static final Pattern PLAIN_NAME =
      Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.safetensors");

  /** Shards of one model; the largest published ones have under two hundred. */
  private static final int MAX_SHARDS = 10_000;

  /** One file that is the whole model. */
  static ShardIndex of(Path file) {
    return new ShardIndex(Map.of(file, Optional.empty()));
  }

  /**
   * Looks into a folder: {@code model.safetensors}, else the shards of {@code
   * model.safetensors.index.json}, else the only {@code .safetensors} file.
   */
  static ShardIndex in(Path folder) {
    if (Files.isRegularFile(folder.resolve(WHOLE))) return of(folder.resolve(WHOLE));
    if (Files.isRegularFile(folder.resolve(INDEX))) return read(folder.resolve(INDEX));
    List<Path> files = safetensorsIn(folder);
    if (files.size() == 1) return of(files.getFirst());
    throw new WeightFileException(
        folder,
        files.isEmpty()
            ? "no .safetensors file in this folder; expected %s or %s".formatted(WHOLE, INDEX)
            : "%d .safetensors files, but no %s that says which belong together"
                .formatted(files.size(), INDEX));
  }

  /**
   * The model that one given file belongs to: that of the index beside it, if the index lists it,
   * else the file alone.
   */
  static ShardIndex around(Path file) {
    if (String.valueOf(file.getFileName()).endsWith(".index.json")) return read(file);
    Path index = file.resolveSibling(INDEX);
    if (Files.isRegularFile(index)) {
      ShardIndex listed = read(index);
      if (listed.shards().containsKey(file)) return listed;
    }
    return of(file);
  }

  private static List<Path> safetensorsIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".safetensors") && Files.isRegularFile(file))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new WeightFileException(folder, "cannot be listed: " + e, e);
    }
  }

  private static ShardIndex read(Path index) {
    JsonDocument document = JsonDocument.read(index);
    JsonDocument map =
        document
            .findObject("weight_map")
            .orElseThrow(() -> document.missing("weight_map", "an object"));
    Map<Path, Optional<Set<String>>> shards = new LinkedHashMap<>();
    map.node()
        .properties()
        .forEach(
            entry -> {
              String tensor = entry.getKey();
              String name =
                  map.findString(tensor)
                      .orElseThrow(() -> map.missing(tensor, "the name of a file"));
              Path shard = inSameFolder(index, map, tensor, name);
              shards
                  .computeIfAbsent(shard, s -> Optional.of(new LinkedHashSet<>()))
                  .orElseThrow()
                  .add(tensor);
              if (shards.size() > MAX_SHARDS)
                throw new WeightFileException(index, "more than %d shards".formatted(MAX_SHARDS));
            });
    if (shards.isEmpty()) throw new WeightFileException(index, "field weight_map is empty");
    for (Path shard : shards.keySet()) {
      if (!Files.isRegularFile(shard)) {
        throw new WeightFileException(
            index,
            "shard %s is missing from the folder; download it too".formatted(shard.getFileName()));
      }
    }
    return new ShardIndex(shards);
  }

  /**
   * An index may name files of its own folder only: it is downloaded, and must not lead a server to
   * other files.
   */
  private static Path inSameFolder(Path index, JsonDocument map, String tensor, String name) {
    if (!PLAIN_NAME.matcher(name).matches()) {
      throw map.wrong(
          tensor,
          "the plain name of a .safetensors file in the same folder (letters, digits, . _ -)");
    }
    return index.resolveSibling(name);
  }
}
