package io.headrace.weights;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Tensors of one safetensors file that is no model by itself, such as trained heads: names are the
 * file's own, and no {@code config.json} is wanted.
 *
 * <p>Thread: as {@link WeightFile}. Checked against its real size when opened.
 */
public final class TensorFile implements AutoCloseable {
  private final Arena arena;
  private final TensorDirectory tensors;

  private TensorFile(Arena arena, TensorDirectory tensors) {
    this.arena = arena;
    this.tensors = tensors;
  }

  /**
   * Maps a file.
   *
   * @throws WeightFileException if it is missing, malformed or of a type that is not supported
   */
  public static TensorFile open(Path file) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(file, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena), arena);
    } catch (IOException e) {
      arena.close();
      throw new WeightFileException(file, "cannot be mapped: " + e, e);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * Copies what a resource holds.
   *
   * @param name what errors call it
   * @throws WeightFileException as {@link #open}
   */
  public static TensorFile of(String name, byte[] content) {
    Arena arena = Arena.ofShared();
    try {
      MemorySegment bytes = arena.allocate(Math.max(1, content.length), 64).asSlice(0, content.length);
      MemorySegment.copy(content, 0, bytes, ValueLayout.JAVA_BYTE, 0, content.length);
      return read(Path.of(name), bytes.asReadOnly(), arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static TensorFile read(Path file, MemorySegment bytes, Arena arena) {
    return new TensorFile(
        arena, new TensorDirectory(file, SafetensorsShard.read(file, bytes, _ -> true)));
  }

  /** The tensors under the file's own names. */
  public TensorDirectory tensors() {
    return tensors;
  }

  /** Unmaps the file; a second call does nothing. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) arena.close();
  }
}
