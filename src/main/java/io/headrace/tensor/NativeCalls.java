package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The only class that makes native calls: one method per function of {@code kernels/include/headrace/kernels.h} and nothing else;
 * those that take floats are beside it in {@link NativeWeigher}.
 * The library stays loaded as long as the JVM lives.
 *
 * <p>The handle is a constant that takes the function's address, which the JIT needs to compile a call inline; the addresses belong to
 * the library that was opened. Memory is passed by its address: what a call uses is held by the caller until it is back.
 *
 * <p>Errors: {@link KernelFault} with the function and the meaning of its status.
 */
final class NativeCalls {
  /** The border this class was written for; a library that says otherwise is refused. */
  static final int ABI_VERSION = 7;

  /**
   * Calls every function, by whole registers: a function reads as many as it has parameters, and of each what its type takes; of the
   * result counts what its own type takes. The conventions of x86-64 and AArch64 have it so, up to eight parameters by registers and
   * beyond for pointers. A handle for each signature would be ten times the classes, made in milliseconds each when nothing is compiled
   * yet: a tenth of a second of every start.
   */
  private static final MethodHandle CALL =
      handle(
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private final SymbolLookup library;
  private final Path file;
  private final MemorySegment pass;
  private final MemorySegment passBegin;
  private final MemorySegment passEnd;
  private final MemorySegment matrixBytes;
  private final MemorySegment matrixPack;
  private final MemorySegment choose;
  private final MemorySegment chooseBytes;
  private final MemorySegment cutNucleus;

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
    passBegin = symbol("hr_pass_begin");
    passEnd = symbol("hr_pass_end");
    matrixBytes = symbol("hr_matrix_bytes");
    matrixPack = symbol("hr_matrix_pack");
    choose = symbol("hr_choose");
    chooseBytes = symbol("hr_choose_bytes");
    cutNucleus = symbol("hr_cut_nucleus");
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

  private long call(String function, long... arguments) {
    return call(symbol(function), arguments);
  }

  private static long call(MemorySegment function, long... arguments) {
    long[] all = Arrays.copyOf(arguments, 10);
    try {
      return (long) CALL.invokeExact(function, all[0], all[1], all[2], all[3], all[4], all[5], all[6], all[7], all[8], all[9]);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }

  int abiVersion() {
    return (int) call("hr_abi_version");
  }

  int bestTier() {
    return (int) call("hr_best_tier");
  }

  /** Zeroed memory of {@code bytes}, aligned to 2 MiB, until {@link #memoryUnmap}. */
  MemorySegment memoryMap(long bytes) {
    long address = call("hr_memory_map", bytes);
    if (address == 0) throw new KernelFault("no memory for %,d bytes".formatted(bytes));
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  void memoryUnmap(MemorySegment memory) {
    call("hr_memory_unmap", memory.address(), memory.byteSize());
  }

  MemorySegment teamOpen(int threads, int tier, int spins) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(JAVA_LONG);
      check("hr_team_open", (int) call("hr_team_open", threads, tier, spins, result.address()));
      return MemorySegment.ofAddress(result.get(JAVA_LONG, 0));
    }
  }

  /** 0: as many as are punctual. */
  void teamSetWidth(MemorySegment team, int width) {
    check("hr_team_set_width", (int) call("hr_team_set_width", team.address(), width));
  }

  ThreadUse teamCounts(MemorySegment team) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment counts = arena.allocate(NativeLayouts.TEAM_COUNTS_BYTES, 8);
      check("hr_team_read_counts", (int) call("hr_team_read_counts", team.address(), counts.address()));
      return NativeLayouts.threadUse(counts);
    }
  }

  void teamClose(MemorySegment team) {
    call("hr_team_close", team.address());
  }

  void programClose(MemorySegment program) {
    call("hr_program_close", program.address());
  }

  void teamRead(MemorySegment team, MemorySegment memory, long bytes) {
    check("hr_team_read", (int) call("hr_team_read", team.address(), memory.address(), bytes));
  }

  long teamIntegerPeak(MemorySegment team, long rounds) {
    return call("hr_team_integer_peak", team.address(), rounds);
  }

  long matrixBytes(int format, long rows, long columns) {
    long bytes = call(matrixBytes, format, rows, columns);
    if (bytes < 0) {
      throw new KernelFault(
          "hr_matrix_bytes: %s (format %d, %d rows of %d)"
              .formatted(meaning(bytes), format, rows, columns));
    }
    return bytes;
  }

  void matrixPack(
      MemorySegment team, int format, long rows, long columns, MemorySegment source, MemorySegment packed) {
    if (!source.isNative()) throw new KernelFault("a matrix is packed from native memory");
    int status = (int) call(matrixPack, team.address(), format, rows, columns, source.address(), packed.address());
    Reference.reachabilityFence(source);
    check("hr_matrix_pack", status);
  }

  void matrixRow(int format, long rows, long columns, MemorySegment packed, long row, float[] out) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment values = arena.allocate(JAVA_FLOAT, columns);
      check("hr_matrix_row", (int) call("hr_matrix_row", format, rows, columns, packed.address(), row, values.address()));
      MemorySegment.copy(values, JAVA_FLOAT, 0, out, 0, Math.toIntExact(columns));
    }
  }

  long pagesBytes(KvShape shape) {
    return call("hr_pages_bytes", shape.layers(), shape.blocks(), shape.kvHeads(), shape.headDim());
  }

  /** Who multiplies bf16 in a tier: 0 other instructions, 1 the processor, 2 other instructions because the processor errs. */
  int bf16Products(int tier) {
    return (int) call("hr_bf16_products", tier);
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
              call(
                  "hr_pages_move",
                  pages.address(),
                  shape.layers(),
                  shape.blocks(),
                  shape.kvHeads(),
                  shape.headDim(),
                  NativeLayouts.kvFormat(shape.format()),
                  ids.address(),
                  count,
                  sources.address(),
                  targets.address()));
    }
  }

  MemorySegment programOpen(MemorySegment team, ProgramSpec spec, MemorySegment pages) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(JAVA_LONG);
      MemorySegment badOp = arena.allocate(JAVA_INT);
      badOp.set(JAVA_INT, 0, -1);
      int status =
          (int)
              call(
                  "hr_program_open",
                  team.address(),
                  NativeLayouts.shape(arena, spec).address(),
                  spec.buffers().size(),
                  NativeLayouts.buffers(arena, spec.buffers()).address(),
                  spec.ops().size(),
                  NativeLayouts.ops(arena, spec.ops()).address(),
                  pages.address(),
                  spec.pages().shape().blocks(),
                  result.address(),
                  badOp.address());
      int bad = badOp.get(JAVA_INT, 0);
      check(bad < 0 ? "hr_program_open" : "hr_program_open, operation " + bad, status);
      return MemorySegment.ofAddress(result.get(JAVA_LONG, 0));
    }
  }

  /** Null when the buffer holds no floats. */
  @Nullable MemorySegment programBuffer(MemorySegment program, int buffer, long bytes) {
    long first = call("hr_program_buffer", program.address(), buffer);
    return first == 0 ? null : MemorySegment.ofAddress(first).reinterpret(bytes);
  }

  /** Bytes of the scratch that {@link #choose} takes for rows of {@code entries}. */
  long chooseBytes(MemorySegment team, int entries) {
    long bytes = call(chooseBytes, team.address(), entries);
    if (bytes < 0) check("hr_choose_bytes", (int) -bytes);
    return bytes;
  }

  void choose(MemorySegment team, Choices choices, MemorySegment scratch) {
    MemorySegment list = choices.list();
    int status;
    try {
      status =
          (int)
              (long)
                  CALL.invokeExact(
                      choose, team.address(), (long) choices.entries(), (long) choices.size(), list.address(), scratch.address(), 0L, 0L, 0L, 0L, 0L);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    Reference.reachabilityFence(list);
    Reference.reachabilityFence(scratch);
    check("hr_choose", status);
    choices.made();
  }

  void cutNucleus(MemorySegment team, RowWeights row, long needed) {
    int status;
    try {
      status =
          (int)
              (long)
                  CALL.invokeExact(
                      cutNucleus,
                      team.address(),
                      row.weights.address(),
                      (long) row.entries(),
                      needed,
                      row.sums.address(),
                      row.scratch.address(),
                      row.cut.address(),
                      0L,
                      0L,
                      0L);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
    Reference.reachabilityFence(row);
    check("hr_cut_nucleus", status);
  }

  void pass(MemorySegment program, MemorySegment batch, int firstOp, int endOp) {
    check("hr_pass", pass(pass, program, batch, firstOp, endOp));
    Reference.reachabilityFence(batch);
  }

  /** The batch is held by the caller until {@link #passEnd} is back. */
  void passBegin(MemorySegment program, MemorySegment batch, int firstOp, int endOp) {
    check("hr_pass_begin", pass(passBegin, program, batch, firstOp, endOp));
  }

  void passEnd(MemorySegment program) {
    check("hr_pass_end", pass(passEnd, program, MemorySegment.NULL, 0, 0));
  }

  private static int pass(MemorySegment function, MemorySegment program, MemorySegment batch, int firstOp, int endOp) {
    try {
      return (int) (long) CALL.invokeExact(function, program.address(), batch.address(), (long) firstOp, (long) endOp, 0L, 0L, 0L, 0L, 0L, 0L);
    } catch (Throwable impossible) {
      throw plainCall(impossible);
    }
  }
}
