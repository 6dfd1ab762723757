package io.headrace.tensor;

/**
 * The arithmetic of a model: packed matrices, key/value pages and programs of operations over them.
 *
 * <p>Two implementations give the same bits: native kernels in C++ and Java kernels. What is opened here must be closed before the
 * kernels are.
 *
 * <p>Errors: {@link KernelFault} when the kernels refuse their arguments or there is no memory.
 *
 * <p>Thread: one thread at a time; the other members of the team are invisible. From any thread, also while a pass runs: {@link
 * #threadUse()}, and opening (not running) programs, pages and {@link #openMatricesAside}.
 */
public sealed interface Kernels extends Weigher, AutoCloseable
    permits NativeKernels, ReferenceKernels {
  /** Tokens of a key/value page. */
  int PAGE_TOKENS = 16;

  /** Values that share a peak, see {@link Op.Peaks}. */
  int PEAK_SPAN = 64;

  /** Most rows of one sequence in a tree pass. */
  int MAX_TREE_ROWS = 64;

  /**
   * Native kernels where the library is there and fits, Java kernels otherwise; {@link #describe()} says which and why.
   *
   * @throws KernelFault if a library was named in the options and cannot be used
   */
  static Kernels open(KernelsOptions options) {
    return KernelsChoice.open(options);
  }

  /** What computes, for people: tier, threads, and for Java kernels the reason. */
  String describe();

  Tier tier();

  int threads();

  /** Which threads compute, and what was counted of it. From any thread, also while a pass runs and after closing. */
  ThreadUse threadUse();

  /** BF16 where the processor multiplies it, and does so by the law; F16 elsewhere. */
  KvFormat fastestKvFormat();

  /** Bytes of memory a packed {@code [rows, columns]} matrix takes. */
  long matrixBytes(QuantFormat format, long rows, long columns);

  /**
   * Memory for packed matrices that lie one after another in the order they are packed, which should be the order a pass reads them.
   *
   * @param bytes at least the sum of {@link #matrixBytes}
   */
  MatrixArena openMatrices(long bytes);

  /** The same, packed by the thread that calls alone: for what is opened while passes run. */
  MatrixArena openMatricesAside(long bytes);

  /** Memory for keys and values, zeroed. */
  KvPages openPages(KvShape shape);

  /** Prepares a program. The program keeps the matrices and pages it was given in use. */
  Program open(ProgramSpec spec);

  /** Memory of at least {@code bytes} to measure read bandwidth with; a multiple of 4096 times {@link #threads()}. */
  ReadProbe openReadProbe(long bytes);

  /** Runs {@code rounds * 1024} int8 multiply-add vectors in registers on every thread; returns operations done, 2 per multiply-add. */
  long integerPeak(long rounds);

  @Override
  void close();
}
