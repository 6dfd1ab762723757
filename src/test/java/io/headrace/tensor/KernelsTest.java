package io.headrace.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.headrace.tensor.BufferSpec.Kind;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What opening kernels, matrices, pages and programs promises, with the Java kernels and the native ones where there are any. */
class KernelsTest {
  @TempDir Path folder;

  private static KernelsOptions options(Path folder) {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    return new KernelsOptions(2, true, Optional.empty(), 100, library, folder);
  }

  static Stream<Tier> tiers() {
    return Stream.of(Tier.JAVA, Tier.SCALAR, Tier.AVX2, Tier.AVX512);
  }

  private Kernels open(Tier tier) {
    Kernels kernels = Kernels.open(options(folder).withHighestTier(tier));
    boolean there = kernels.tier() == tier;
    if (!there) kernels.close();
    assumeTrue(there, tier.label() + " is not on this machine or not in this build");
    return kernels;
  }

  private static ProgramSpec spec(KvPages pages, List<BufferSpec> buffers, List<Op> ops) {
    int half = pages.shape().headDim() / 2;
    RopeTables rope =
        new RopeTables(RopeTables.Pairing.HALVES, 32, new float[32 * half], new float[32 * half]);
    return new ProgramSpec(4, 2, 2, 2, rope, 0.25f, pages, buffers, ops);
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void aProgramComputesWhatItsOperationsSay(Tier tier) {
    try (Kernels kernels = open(tier);
        MatrixArena arena = kernels.openMatrices(kernels.matrixBytes(QuantFormat.F32, 5, 32));
        KvPages pages = kernels.openPages(new KvShape(1, 2, 1, 16, KvFormat.F16));
        Arena memory = Arena.ofShared()) {
      MemorySegment weights = memory.allocate(4 * 5 * 32, 64);
      for (int i = 0; i < 5 * 32; i++) weights.setAtIndex(ValueLayout.JAVA_FLOAT, i, i);
      Matrix matrix = arena.pack(QuantFormat.F32, 5, 32, weights);
      List<BufferSpec> buffers =
          List.of(
              new BufferSpec(Kind.F32, 4, 32),
              new BufferSpec(Kind.F32, 4, 8),
              new BufferSpec(Kind.F32, 2, 32),
              new BufferSpec(Kind.F32, 2, 1),
              new BufferSpec(Kind.F32, 2, 1));
      List<Op> ops =
          List.of(
              new Op.Embed(matrix, 0),
              new Op.Matmul(0, 1, 2, matrix, new float[] {1, 2, 3, 4, 5}, false, false),
              new Op.Gather(0, 2),
              new Op.Peaks(2, 3, true),
              new Op.Argmax(2, 4, true));
      try (Program program = kernels.open(spec(pages, buffers, ops))) {
        PassBatch batch = new PassBatch(4, 2, 2, 2);
        batch.beginSequence(0, new int[] {1}, 1);
        batch.addRow(3, 0, 0, -1, false);
        batch.addRow(0, 1, 1, 0, true);
        batch.beginSequence(0, new int[] {0}, 1);
        batch.addRow(1, 0, 0, -1, true);
        program.run(batch, 0, 5);
        float[] out = program.buffer(1).toArray(ValueLayout.JAVA_FLOAT);
        for (int r = 0; r < 3; r++) {
          int token = new int[] {3, 0, 1}[r];
          assertEquals(0f, out[8 * r + 1], "columns before the offset are not touched");
          for (int j = 0; j < 5; j++) {
            float expected = j + 1;
            for (int k = 0; k < 32; k++) expected += (32 * token + k) * (32 * j + k);
            assertEquals(expected, out[8 * r + 2 + j], expected * 1e-5f);
          }
        }
        float[] gathered = program.buffer(2).toArray(ValueLayout.JAVA_FLOAT);
        assertEquals(5f, gathered[5]);
        assertEquals(37f, gathered[32 + 5]);
        assertEquals(31f, program.buffer(3).getAtIndex(ValueLayout.JAVA_FLOAT, 0));
        assertEquals(31f, program.buffer(4).getAtIndex(ValueLayout.JAVA_FLOAT, 0));
        assertEquals(63f, program.buffer(3).getAtIndex(ValueLayout.JAVA_FLOAT, 1));
        refusesBadBatches(program);
      }
      assertThrows(KernelFault.class, () -> arena.pack(QuantFormat.F32, 5, 31, weights));
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void siluInPlaceAndRoundedIsThatOfTheReference(Tier tier) {
    List<BufferSpec> buffers =
        List.of(new BufferSpec(Kind.F32, 4, 32), new BufferSpec(Kind.Q8, 4, 32), new BufferSpec(Kind.F32, 4, 5));
    float[] input = new float[4 * 32];
    for (int i = 0; i < input.length; i++) input[i] = (i - 60) * 0.37f;
    float[][] results = new float[2][];
    for (Tier each : List.of(Tier.JAVA, tier)) {
      try (Kernels kernels = open(each);
          MatrixArena arena = kernels.openMatrices(kernels.matrixBytes(QuantFormat.Q8_0, 5, 32));
          KvPages pages = kernels.openPages(new KvShape(1, 2, 1, 16, KvFormat.F16));
          Arena memory = Arena.ofShared()) {
        MemorySegment codes = memory.allocate(QuantFormat.Q8_0.rowBytes(32) * 5, 64);
        for (long i = 0; i < codes.byteSize(); i++) codes.set(ValueLayout.JAVA_BYTE, i, (byte) (i % 34 < 2 ? 0x30 : 7 * i));
        Matrix matrix = arena.pack(QuantFormat.Q8_0, 5, 32, codes);
        List<Op> ops =
            List.of(new Op.Silu(0, 1, false), new Op.Matmul(1, 2, 0, matrix, null, false, false), new Op.Silu(0, 0, false));
        try (Program program = kernels.open(spec(pages, buffers, ops))) {
          PassBatch batch = new PassBatch(4, 2, 2, 2);
          batch.beginSequence(0, new int[] {1}, 1);
          for (int r = 0; r < 3; r++) batch.addRow(0, r, r, r - 1, false);
          MemorySegment.copy(input, 0, program.buffer(0), ValueLayout.JAVA_FLOAT, 0, input.length);
          program.run(batch, 0, ops.size());
          float[] silu = program.buffer(0).toArray(ValueLayout.JAVA_FLOAT);
          float[] products = program.buffer(2).toArray(ValueLayout.JAVA_FLOAT);
          for (int i = 0; i < 3 * 32; i++) {
            assertEquals(input[i] / (1 + Math.exp(-input[i])), silu[i], 1e-5 * Math.abs(input[i]) + 1e-30);
          }
          assertEquals(input[100], silu[100], "a row that is not of the pass is not touched");
          if (each == Tier.JAVA) results = new float[][] {silu, products};
          assertArrayEquals(results[0], silu);
          assertArrayEquals(results[1], products);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void theTeamSaysWhichThreadsComputeAlsoAfterClosing(Tier tier) {
    Kernels kernels = open(tier);
    try (kernels) {
      assertEquals(ThreadUse.all(2), kernels.threadUse());
      assertEquals(2, kernels.threadUse().gauges().get("kernel_active_threads"));
      assertEquals(0L, kernels.threadUse().totals().get("kernel_narrow_passes"));
    }
    assertEquals(ThreadUse.all(2), kernels.threadUse());
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void rowsWeighTheSameOnEveryTierAndTheirNucleiAreTheSame(Tier tier) {
    Random random = new Random(7);
    Weigher plain = Weigher.inJava();
    try (Kernels kernels = open(tier);
        Arena memory = Arena.ofConfined()) {
      for (int entries : new int[] {1, 2, 15, 16, 17, 63, 64, 65, 129, 1_000, 5_003}) {
        MemorySegment logits = memory.allocate(4L * entries, 64);
        RowWeights expected = new RowWeights(entries);
        RowWeights actual = new RowWeights(entries);
        for (int round = 0; round < 40; round++) {
          float width = new float[] {0f, 0.01f, 4f, 60f, 3e38f}[round % 5];
          float largest = Float.NEGATIVE_INFINITY;
          for (int i = 0; i < entries; i++) {
            float logit = width * (random.nextFloat() - 0.5f);
            largest = Math.max(largest, logit);
            logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, logit);
          }
          for (int i = round % 3; i > 0; i--) {
            float odd = random.nextBoolean() ? Float.NEGATIVE_INFINITY : Float.NaN;
            logits.setAtIndex(ValueLayout.JAVA_FLOAT, random.nextInt(entries), odd);
          }
          float inverse = new float[] {1f, 0.01f, 1.25f, 1e6f, Float.MAX_VALUE}[random.nextInt(5)];
          float least = new float[] {0f, 1f, 0x1p30f, Weigher.ONE}[random.nextInt(4)];
          plain.weigh(logits, largest, inverse, least, expected);
          kernels.weigh(logits, largest, inverse, least, actual);
          equal(expected, actual);
          long total = expected.total();
          if (total == 0) continue; // the largest was overwritten
          long needed = round % 4 == 0 ? total : 1 + (long) (random.nextDouble() * (total - 1));
          plain.cut(expected, needed);
          kernels.cut(actual, needed);
          equal(expected, actual);
          assertTrue(needed <= actual.total() && actual.total() <= total);
          long kept = 0;
          for (int i = 0; i < entries; i++) kept += actual.weight(i);
          assertEquals(actual.total(), kept);
        }
      }
      RowWeights row = new RowWeights(3);
      MemorySegment logits = memory.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 3f, 2f);
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
        assertThrows(KernelFault.class, () -> kernels.weigh(logits, bad, 1f, 1f, row));
        assertThrows(KernelFault.class, () -> kernels.weigh(logits, 3f, bad, 1f, row));
      }
      assertThrows(KernelFault.class, () -> kernels.weigh(logits, 3f, 0f, 1f, row));
      assertThrows(KernelFault.class, () -> kernels.weigh(logits, 3f, 1f, -1f, row));
      kernels.weigh(logits, 3f, 1f, 1f, row);
      assertThrows(KernelFault.class, () -> kernels.cut(row, 0));
      assertThrows(KernelFault.class, () -> kernels.cut(row, row.total() + 1));
      assertThrows(IllegalArgumentException.class, () -> new RowWeights(0));
      assertThrows(IllegalArgumentException.class, () -> new RowWeights(Weigher.MOST + 1));
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void anEntropyHasTheSameBitsWhateverComputesItAndWhateverTheRowHolds(Tier tier) {
    Weigher plain = Weigher.inJava();
    Random random = new Random(12);
    try (Kernels kernels = open(tier);
        Arena memory = Arena.ofConfined()) {
      for (int entries : new int[] {1, 2, 15, 16, 17, 63, 64, 65, 129, 1_000, 5_003}) {
        MemorySegment logits = memory.allocate(4L * entries, 64);
        for (int round = 0; round < 40; round++) {
          float width = new float[] {0f, 0.01f, 4f, 60f, 3e38f}[round % 5];
          float largest = Float.NEGATIVE_INFINITY;
          for (int i = 0; i < entries; i++) {
            float logit = width * (random.nextFloat() - 0.5f);
            largest = Math.max(largest, logit);
            logits.setAtIndex(ValueLayout.JAVA_FLOAT, i, logit);
          }
          double sound = plain.entropy(logits, entries, largest);
          assertTrue(sound >= 0 && sound <= Math.log(entries) / Weigher.LN_2 + 1e-6, sound + " bits");
          assertEquals(sound, kernels.entropy(logits, entries, largest));
          if (width == 0f) assertEquals(Math.log(entries) / Weigher.LN_2, sound, 1e-6);
          for (int i = round % 3; i > 0; i--) {
            float[] odd = {Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.NaN};
            logits.setAtIndex(ValueLayout.JAVA_FLOAT, random.nextInt(entries), odd[random.nextInt(3)]);
          }
          assertEquals(plain.entropy(logits, entries, largest), kernels.entropy(logits, entries, largest));
        }
      }
      MemorySegment row = memory.allocateFrom(ValueLayout.JAVA_FLOAT, 1f, 1f, 1f, 1f);
      assertEquals(2, kernels.entropy(row, 4, 1f), 1e-9);
      for (Weigher each : new Weigher[] {plain, kernels}) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) assertThrows(KernelFault.class, () -> each.entropy(row, 4, bad));
        assertThrows(KernelFault.class, () -> each.entropy(row, 0, 1f));
      }
    }
  }

  private static void equal(RowWeights expected, RowWeights actual) {
    for (int i = 0; i < expected.entries(); i++) assertEquals(expected.weight(i), actual.weight(i));
    for (int s = 0; s < expected.spans(); s++) assertEquals(expected.sum(s), actual.sum(s));
  }

  private static void refusesBadBatches(Program program) {
    PassBatch batch = new PassBatch(8, 2, 2, 4);
    assertThrows(KernelFault.class, () -> program.run(batch, 0, 4));
    batch.beginSequence(0, new int[] {1}, 1);
    batch.addRow(5, 0, 0, -1, false);
    assertThrows(KernelFault.class, () -> program.run(batch, 0, 4), "token beyond the matrix");
    batch.clear();
    batch.beginSequence(0, new int[] {2}, 1);
    batch.addRow(1, 0, 0, -1, false);
    assertThrows(KernelFault.class, () -> program.run(batch, 0, 4), "block beyond the pool");
    batch.clear();
    batch.beginSequence(0, new int[] {1}, 1);
    batch.addRow(1, 0, 0, -1, false);
    batch.beginSequence(0, new int[] {1}, 1);
    batch.addRow(1, 0, 0, -1, false);
    assertThrows(KernelFault.class, () -> program.run(batch, 0, 4), "one block of two sequences");
    batch.clear();
    batch.beginSequence(0, new int[] {1, 0}, 2);
    for (int i = 0; i < 5; i++) batch.addRow(1, i, i, i - 1, false);
    assertThrows(KernelFault.class, () -> program.run(batch, 0, 4), "more rows than the program");
    batch.clear();
    batch.beginSequence(31, new int[] {1, 0}, 2);
    batch.addRow(1, 31, 31, -1, false);
    batch.addRow(1, 32, 32, 0, false);
    assertThrows(KernelFault.class, () -> program.run(batch, 0, 4), "position beyond the tables");
    assertThrows(IndexOutOfBoundsException.class, () -> program.run(batch, 2, 6));
  }

  @Test
  void operationsThatDoNotFitTheirBuffersAreNamed() {
    try (Kernels kernels = new ReferenceKernels(1, "test")) {
      KvPages pages = kernels.openPages(new KvShape(1, 2, 1, 16, KvFormat.F16));
      List<BufferSpec> buffers =
          List.of(new BufferSpec(Kind.F32, 4, 64), new BufferSpec(Kind.Q8, 4, 64), new BufferSpec(Kind.Q16, 4, 64));
      List<Op> wrong =
          List.of(
              new Op.Norm(0, 1, new float[32], 0f, false),
              new Op.Norm(1, 0, new float[64], 0f, false),
              new Op.Norm(2, 0, new float[64], 0f, false),
              new Op.Convert(0, 3, false),
              new Op.Copy(0, 1),
              new Op.Rope(0, 1, null, null, 0f),
              new Op.Rope(0, 0, new float[8], null, 0f),
              new Op.Peaks(0, 0, false),
              new Op.Peaks(1, 0, false),
              new Op.Argmax(0, 0, false),
              new Op.Argmax(1, 0, false),
              new Op.Silu(0, 3, false),
              new Op.Silu(1, 0, false),
              new Op.Attend(0, 0, 0));
      for (Op op : wrong) {
        KernelFault fault =
            assertThrows(KernelFault.class, () -> spec(pages, buffers, List.of(op)), op.toString());
        assertTrue(fault.getMessage().startsWith("operation 0 (" + op.getClass().getSimpleName()), fault.getMessage());
      }
    }
  }

  @ParameterizedTest
  @MethodSource("tiers")
  void probesOfTheMachineRun(Tier tier) {
    try (Kernels kernels = open(tier);
        ReadProbe probe = kernels.openReadProbe(4096L * 2 * 16)) {
      probe.read();
      assertEquals(4096L * 2 * 16, probe.bytes());
      assertTrue(kernels.integerPeak(2) > 0);
      assertTrue(kernels.describe().contains("2 threads"));
    }
  }

  @Test
  void aNamedLibraryThatIsNotThereIsAnError() {
    KernelsOptions options = options(folder).withLibrary(folder.resolve("nothing.so"));
    KernelFault fault = assertThrows(KernelFault.class, () -> Kernels.open(options));
    assertTrue(fault.getMessage().contains("nothing.so"), fault.getMessage());
  }

  @Test
  void javaKernelsAreTakenWhenAskedForAndSaySo() {
    try (Kernels kernels = Kernels.open(options(folder).withHighestTier(Tier.JAVA))) {
      assertEquals(Tier.JAVA, kernels.tier());
      assertEquals("Java kernels, 2 threads (as configured)", kernels.describe());
    }
  }

  @Test
  void manyProcessesMayExtractThePackedLibraryAtOnce() throws Exception {
    assumeTrue(PackedLibrary.extract(folder).isPresent(), "no native library is packed with the classes");
    Path fresh = folder.resolve("fresh");
    try (var threads = Executors.newFixedThreadPool(8)) {
      List<Callable<Path>> calls = new ArrayList<>();
      for (int i = 0; i < 32; i++) calls.add(() -> PackedLibrary.extract(fresh).orElseThrow());
      byte[] first = null;
      for (Future<Path> each : threads.invokeAll(calls)) {
        byte[] content = Files.readAllBytes(each.get());
        if (first == null) first = content;
        assertArrayEquals(first, content);
      }
    }
    try (var files = Files.list(fresh)) {
      assertEquals(1, files.count(), "no temporary file is left behind");
    }
  }

  @Test
  void tiersAreNamedAsPeopleWriteThem() {
    assertEquals(Tier.AVX512, Tier.named("avx512"));
    assertEquals(Tier.JAVA, Tier.named("java"));
    assertThrows(IllegalArgumentException.class, () -> Tier.named("AVX512"));
  }

  @Test
  void coresAreCountedOncePerPairOfHardwareThreads() throws IOException {
    for (int i = 0; i < 4; i++) {
      Path topology = Files.createDirectories(folder.resolve("cpu" + i).resolve("topology"));
      Files.writeString(topology.resolve("thread_siblings_list"), i % 2 + "," + (i % 2 + 2) + "\n");
    }
    Files.createDirectories(folder.resolve("cpufreq"));
    assertEquals(2, ProcessorCores.physical(folder));
    assertEquals(0, ProcessorCores.physical(folder.resolve("absent")));
    assertTrue(ProcessorCores.available() >= 1);
  }

  @Test
  void structsHaveTheSizesOfTheHeader() {
    // hr_matrix: two int32, two int64, a pointer. hr_op: seven int32 and a float, two matrices, two pointers. hr_shape: nine int32
    // and a float, two pointers. hr_buffer: two int32, an int64.
    assertEquals(2 * 4 + 2 * 8 + 8, NativeLayouts.MATRIX_BYTES);
    assertEquals(8 * 4 + 2 * NativeLayouts.MATRIX_BYTES + 2 * 8, NativeLayouts.OP_BYTES);
    assertEquals(10 * 4 + 2 * 8 + 2 * 4, NativeLayouts.SHAPE_BYTES);
    assertEquals(2 * 4 + 8, NativeLayouts.BUFFER_BYTES);
  }
}
