package io.headrace.weights;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * An open GGUF file, version 2 or 3, little endian, in one part. The layout is read by {@link
 * GgufLayout}; this class owns the mapping.
 */
public final class GgufFile implements WeightFile {
  private static final byte[] MAGIC = {'G', 'G', 'U', 'F'};

  private final Path path;
  private final Arena arena;
  private final GgufLayout layout;

  private GgufFile(Path path, Arena arena, GgufLayout layout) {
    this.path = path;
    this.arena = arena;
    this.layout = layout;
  }

  /** Whether the file starts as GGUF files do. */
  static boolean hasMagic(Path path) throws IOException {
    try (InputStream in = Files.newInputStream(path)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    }
  }

  /**
   * Maps and checks a file that {@linkplain #hasMagic starts as GGUF files do}.
   *
   * @throws WeightFileException if it is missing, malformed or not supported
   */
  static GgufFile open(Path path) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      return new GgufFile(path, arena, GgufLayout.read(path, bytes, MAGIC.length));
    } catch (NoSuchFileException e) {
      arena.close();
      throw new WeightFileException(path, "no such file", e);
    } catch (IOException e) {
      arena.close();
      throw new WeightFileException(path, "cannot be mapped: " + e, e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Metadata metadata() {
    return layout.metadata();
  }

  @Override
  public TensorDirectory tensors() {
    return layout.tensors();
  }

  /** Empty: a GGUF file has its vocabulary in its metadata. */
  @Override
  public Optional<Path> tokenizerJson() {
    return Optional.empty();
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) arena.close();
  }
}
