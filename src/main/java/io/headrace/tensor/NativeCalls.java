package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The only class that makes native calls: one method per function of {@code kernels/include/headrace/kernels.h} and nothing else;
 * those of draws are beside it in {@link NativeWeigher}.
 * The library stays loaded as long as the JVM lives.
 *
 * <p>Handles are constants that take the function's address, which the JIT needs to compile a call inline; the addresses belong to
 * the library that was opened.
 *
 * <p>Errors: {@link KernelFault} with the function and the meaning of its status.
 */
final class NativeCalls {
  /** The border this class was written for; a library that says otherwise is refused. */
  static final int ABI_VERSION = 6;

  private static final MethodHandle INT = handle(FunctionDescriptor.of(JAVA_INT));
  private static final MethodHandle MAP = handle(FunctionDescriptor.of(ADDRESS, JAVA_LONG));
  private static final MethodHandle TEAM_OPEN =
      handle(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle TEAM_SET_WIDTH =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle TEAM_READ_COUNTS =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle MATRIX_BYTES =
      handle(FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle MATRIX_PACK =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, ADDRESS));
  private static final MethodHandle PAGES_BYTES =
      handle(FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BF16_PRODUCTS = handle(FunctionDescriptor.of(JAVA_INT, JAVA_INT));
  private static final MethodHandle PROGRAM_OPEN =
      handle(
          FunctionDescriptor.of(
              JAVA_INT,
              ADDRESS,
              ADDRESS,
              JAVA_INT,
              ADDRESS,
              JAVA_INT,
              ADDRESS,
              ADDRESS,
              JAVA_INT,
              ADDRESS,
              ADDRESS));
  private static final MethodHandle PROGRAM_BUFFER =
      handle(FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
  private static final MethodHandle PASS =
      handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));

  /** Handles of functions that no first request needs: each takes milliseconds to make. */
  private static final class Later {
    static final MethodHandle UNMAP = handle(FunctionDescriptor.ofVoid(ADDRESS, JAVA_LONG));
    static final MethodHandle CLOSE = handle(FunctionDescriptor.ofVoid(ADDRESS));
    static final MethodHandle TEAM_READ =
        handle(FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG));
    static final MethodHandle INTEGER_PEAK =
        handle(FunctionDescriptor.of(JAVA_LONG, ADDRESS, JAVA_LONG));
    static final MethodHandle MATRIX_ROW =
        handle(FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS));
    static final MethodHandle PAGES_MOVE = handle(
            FunctionDescriptor.of(
                JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS));
  }

  private final SymbolLookup library;
  private final Path file;
  private final MemorySegment pass;

  private NativeCalls(SymbolLookup library, Path file) {
    this.library = library;
    this.file = file;
    int version = abiVersion();
    if (version != ABI_VERSION) {
      throw new KernelFault(
          "%s is of kernel border version %d, this server needs %d; build both together"
              .formatted(file, version, ABI_VERSION));
    }
    pass = symbol("hr_pass");
  }

  /**
   * Loads a library and checks that it speaks this border.
   *
   * @throws KernelFault if it cannot be loaded or is of another version
   */
  static NativeCalls load(Path file) {
    try {
      return new NativeCalls(SymbolLookup.libraryLookup(file, Arena.global()), file);
    } catch (IllegalArgumentException | UnsupportedOperationException unusable) {
      throw new KernelFault("cannot load " + file + ": " + unusable.getMessage());
    }
  }

  static MethodHandle handle(FunctionDescriptor signature) {
    return Linker.nativeLinker().downcallHandle(signature);
  }

  MemorySegment symbol(String name) {
    return library
        .find(name)
        .orElseThrow(() -> new KernelFault(file + " does not export " + name));
  }

  static AssertionError plainCall(Throwable impossible) {
    return new AssertionError("a plain downcall does not throw", impossible);
  }

  static void check(String function, int status) {
    if (status != 0) throw new KernelFault(function + ": " + meaning(status));
  }

  private static String meaning(long status) {
    return switch ((int) Math.abs(status)) {
      case 1 -> "null pointer";
      case 2 -> "shapes do not fit";
      case 3 -> "unknown or unfit weight format";
      case 4 -> "out of memory";
      case 5 -> "malformed program";
      case 6 -> "malformed batch";
      case 7 -> "the processor lacks this tier";
      default -> "status " + status;
    };
  }

  int abiVersion() {
    return integer("hr_abi_version");
  }

  int bestTier() {
    return integer("hr_best_tier");
  }

  private int integer(String function) {
    try {
      return (int) INT.invokeExact(symbol(function));
    } catch (KernelFault missing) {
      throw missing;
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  /** Zeroed memory of {@code bytes}, aligned to 2 MiB, until {@link #memoryUnmap}. */
  MemorySegment memoryMap(long bytes) {
    MemorySegment memory;
    try {
      memory = (MemorySegment) MAP.invokeExact(symbol("hr_memory_map"), bytes);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    if (memory.address() == 0) {
      throw new KernelFault("no memory for %,d bytes".formatted(bytes));
    }
    return memory.reinterpret(bytes);
  }

  void memoryUnmap(MemorySegment memory) {
    try {
      Later.UNMAP.invokeExact(symbol("hr_memory_unmap"), memory, memory.byteSize());
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  MemorySegment teamOpen(int threads, int tier, int spins) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(ADDRESS);
      check(
          "hr_team_open",
          (int) TEAM_OPEN.invokeExact(symbol("hr_team_open"), threads, tier, spins, result));
      return result.get(ADDRESS, 0);
    } catch (KernelFault fault) {
      throw fault;
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  /** 0: as many as are punctual. */
  void teamSetWidth(MemorySegment team, int width) {
    int status;
    try {
      status = (int) TEAM_SET_WIDTH.invokeExact(symbol("hr_team_set_width"), team, width);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    check("hr_team_set_width", status);
  }

  ThreadUse teamCounts(MemorySegment team) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = arena.allocate(NativeLayouts.TEAM_COUNTS_BYTES, 8);
      check(
          "hr_team_read_counts",
          (int) TEAM_READ_COUNTS.invokeExact(symbol("hr_team_read_counts"), team, counts));
      return NativeLayouts.threadUse(counts);
    } catch (KernelFault fault) {
      throw fault;
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  void teamClose(MemorySegment team) {
    close("hr_team_close", team);
  }

  void programClose(MemorySegment program) {
    close("hr_program_close", program);
  }

  private void close(String function, MemorySegment handle) {
    try {
      Later.CLOSE.invokeExact(symbol(function), handle);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  void teamRead(MemorySegment team, MemorySegment memory, long bytes) {
    int status;
    try {
      status = (int) Later.TEAM_READ.invokeExact(symbol("hr_team_read"), team, memory, bytes);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    check("hr_team_read", status);
  }

  long teamIntegerPeak(MemorySegment team, long rounds) {
    try {
      return (long) Later.INTEGER_PEAK.invokeExact(symbol("hr_team_integer_peak"), team, rounds);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  long matrixBytes(int format, long rows, long columns) {
    long bytes;
    try {
      bytes = (long) MATRIX_BYTES.invokeExact(symbol("hr_matrix_bytes"), format, rows, columns);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    if (bytes < 0) {
      throw new KernelFault(
          "hr_matrix_bytes: %s (format %d, %d rows of %d)"
              .formatted(meaning(bytes), format, rows, columns));
    }
    return bytes;
  }

  void matrixPack(
      MemorySegment team, int format, long rows, long columns, MemorySegment source, MemorySegment packed) {
    int status;
    try {
      status =
          (int)
              MATRIX_PACK.invokeExact(
                  symbol("hr_matrix_pack"), team, format, rows, columns, source, packed);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    check("hr_matrix_pack", status);
  }

  void matrixRow(int format, long rows, long columns, MemorySegment packed, long row, float[] out) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_FLOAT, columns);
      check(
          "hr_matrix_row",
          (int)
              Later.MATRIX_ROW.invokeExact(
                  symbol("hr_matrix_row"), format, rows, columns, packed, row, values));
      MemorySegment.copy(values, JAVA_FLOAT, 0, out, 0, Math.toIntExact(columns));
    } catch (KernelFault fault) {
      throw fault;
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  long pagesBytes(KvShape shape) {
    try {
      return (long)
          PAGES_BYTES.invokeExact(
              symbol("hr_pages_bytes"), shape.layers(), shape.blocks(), shape.kvHeads(), shape.headDim());
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  /** Who multiplies bf16 in a tier: 0 other instructions, 1 the processor, 2 other instructions because the processor errs. */
  int bf16Products(int tier) {
    try {
      return (int) BF16_PRODUCTS.invokeExact(symbol("hr_bf16_products"), tier);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  void pagesMove(
      MemorySegment pages, KvShape shape, int[] table, int blocks, int[] from, int[] to, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ids = arena.allocate(JAVA_INT, Math.max(1, blocks));
      MemorySegment sources = arena.allocate(JAVA_INT, Math.max(1, count));
      MemorySegment targets = arena.allocate(JAVA_INT, Math.max(1, count));
      MemorySegment.copy(table, 0, ids, JAVA_INT, 0, blocks);
      MemorySegment.copy(from, 0, sources, JAVA_INT, 0, count);
      MemorySegment.copy(to, 0, targets, JAVA_INT, 0, count);
      check(
          "hr_pages_move",
          (int)
              Later.PAGES_MOVE.invokeExact(
                  symbol("hr_pages_move"),
                  pages,
                  shape.layers(),
                  shape.blocks(),
                  shape.kvHeads(),
                  shape.headDim(),
                  NativeLayouts.kvFormat(shape.format()),
                  ids,
                  count,
                  sources,
                  targets));
    } catch (KernelFault fault) {
      throw fault;
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  MemorySegment programOpen(MemorySegment team, ProgramSpec spec, MemorySegment pages) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(ADDRESS);
      MemorySegment badOp = arena.allocate(JAVA_INT);
      badOp.set(JAVA_INT, 0, -1);
      int status =
          (int)
              PROGRAM_OPEN.invokeExact(
                  symbol("hr_program_open"),
                  team,
                  NativeLayouts.shape(arena, spec),
                  spec.buffers().size(),
                  NativeLayouts.buffers(arena, spec.buffers()),
                  spec.ops().size(),
                  NativeLayouts.ops(arena, spec.ops()),
                  pages,
                  spec.pages().shape().blocks(),
                  result,
                  badOp);
      int bad = badOp.get(JAVA_INT, 0);
      check(bad < 0 ? "hr_program_open" : "hr_program_open, operation " + bad, status);
      return result.get(ADDRESS, 0);
    } catch (KernelFault fault) {
      throw fault;
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  /** Null when the buffer holds no floats. */
  @Nullable MemorySegment programBuffer(MemorySegment program, int buffer, long bytes) {
    MemorySegment first;
    try {
      first = (MemorySegment) PROGRAM_BUFFER.invokeExact(symbol("hr_program_buffer"), program, buffer);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    return first.address() == 0 ? null : first.reinterpret(bytes);
  }

  void pass(MemorySegment program, MemorySegment batch, int firstOp, int endOp) {
    int status;
    try {
      status = (int) PASS.invokeExact(pass, program, batch, firstOp, endOp);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    check("hr_pass", status);
  }
}
