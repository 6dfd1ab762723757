package io.headrace.weights;

import static io.headrace.weights.GgufFileTest.assertNames;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import io.headrace.tensor.QuantFormat;
import io.headrace.testing.GgufWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Truncated, damaged and lying GGUF files: each is refused with file, place and reason. */
class HostileGgufTest {
  private static final long HUGE = 1L << 60;

  @TempDir Path folder;

  private static GgufWriter valid() {
    return new GgufWriter()
        .string("general.architecture", "llama")
        .uint32("llama.block_count", 2)
        .float32("llama.rope.freq_base", 1e4f)
        .bool("b", true)
        .strings("tokenizer.ggml.tokens", List.of("a", "é", "long token"))
        .int32s("tokenizer.ggml.token_type", 1, 2, 3)
        .vector("output_norm.weight", 1, 2, 3)
        .tensor("blk.0.a.weight", QuantFormat.Q4_K, new long[] {2, 256}, new byte[288])
        .matrix("output.weight", 2, 3, 1, 2, 3, 4, 5, 6);
  }

  private WeightFileException refused(GgufWriter writer) {
    return refused(writer.bytes());
  }

  private WeightFileException refused(byte[] bytes) {
    Path file = folder.resolve("model.gguf");
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    WeightFileException thrown =
        assertThrows(WeightFileException.class, () -> WeightFile.open(file).close());
    assertNames(thrown, file.toString(), thrown.reason());
    assertEquals(file, thrown.file());
    return thrown;
  }

  private static byte[] patched(byte[] bytes, int at, long value) {
    byte[] copy = bytes.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    return copy;
  }

  /** Where an ASCII text stands. */
  private static int find(byte[] bytes, String text) {
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(text);
    assertTrue(at >= 0, text);
    return at;
  }

  @Test
  void everyTruncationIsRefusedOrHarmless() throws IOException {
    byte[] whole = valid().bytes();
    int end = whole.length - 8; // the last tensor is 24 bytes, padded to 32
    Path file = folder.resolve("cut.gguf");
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      if (length >= end) {
        WeightFile.open(file).close();
      } else {
        assertThrows(WeightFileException.class, () -> WeightFile.open(file).close());
      }
    }
  }

  @Test
  void aTruncatedFileSaysWhereItEnds() {
    byte[] whole = valid().bytes();
    WeightFileException inTensor = refused(Arrays.copyOf(whole, whole.length - 20));
    assertNames(inTensor, "output.weight", "truncated", "ends at byte " + (whole.length - 20));
    int inKey = find(whole, "llama.rope.freq_base") + 5;
    WeightFileException inMetadata = refused(Arrays.copyOf(whole, inKey));
    assertNames(inMetadata, "name of a metadata key", "truncated");
    assertEquals(inKey - 5, inMetadata.offset().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(longs = {HUGE, -1, Long.MIN_VALUE, 1_000_000})
  void lyingCountsAreRefusedBeforeAnythingIsSizedByThem(long count) {
    byte[] bytes = valid().bytes();
    assertNames(refused(patched(bytes, 8, count)), "number of tensors", "at byte 8");
    assertNames(refused(patched(bytes, 16, count)), "number of metadata keys", "at byte 16");
    int tokens = find(bytes, "tokenizer.ggml.tokens") + "tokenizer.ggml.tokens".length();
    assertNames(
        refused(patched(bytes, tokens + 8, count)),
        "number of entries of metadata key tokenizer.ggml.tokens",
        Long.toUnsignedString(count));
    assertNames(refused(patched(bytes, tokens + 16, count)), "tokenizer.ggml.tokens", "truncated");
    int types = find(bytes, "tokenizer.ggml.token_type") + "tokenizer.ggml.token_type".length();
    assertNames(refused(patched(bytes, types + 8, count)), "tokenizer.ggml.token_type");
    int architecture = find(bytes, "general.architecture");
    assertNames(refused(patched(bytes, architecture - 8, count)), "name of a metadata key");
    assertNames(
        refused(patched(bytes, architecture + 20 + 4, count)), "key general.architecture takes");
  }

  @Test
  void otherFilesAndVersionsAreNamed() throws IOException {
    Path text = Files.writeString(folder.resolve("notes.txt"), "hello");
    assertNames(
        assertThrows(WeightFileException.class, () -> WeightFile.open(text)), "notes.txt", "GGUF");
    Path none = folder.resolve("none.gguf");
    assertNames(
        assertThrows(WeightFileException.class, () -> WeightFile.open(none)),
        "none.gguf",
        "no such");
    assertNames(refused(valid().version(1)), "version 1", "2 and 3");
    assertNames(refused(valid().version(4)), "version 4");
    assertNames(refused(valid().version(3 << 24)), "big-endian");
    assertNames(refused("GGUF".getBytes(StandardCharsets.US_ASCII)), "version", "truncated");
  }

  @Test
  void keysMustBeReadableAndStandOnce() {
    assertNames(refused(valid().uint32("b", 1)), "metadata key b stands twice");
    assertNames(refused(valid().uint32("", 1)), "name of a metadata key is empty");
    assertNames(refused(valid().uint32("a\nb", 1)), "control characters");
    assertNames(refused(valid().raw("x", 13, new byte[8])), "value type of metadata key x is 13");
    assertNames(refused(valid().raw("x", 7, new byte[] {2})), "metadata key x is a boolean");
    assertNames(refused(valid().uint64("x", -1)), "metadata key x is 2^63 or more");
    byte[] listOfLists = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(9).array();
    assertNames(refused(valid().raw("x", 9, listOfLists)), "arrays of arrays");
    byte[] badText = {2, 0, 0, 0, 0, 0, 0, 0, (byte) 0xC3, 'x'};
    assertNames(refused(valid().raw("x", 8, badText)), "value of metadata key x is not UTF-8");
  }

  @Test
  void aBadStringInAListFailsWhenItIsAskedFor() {
    byte[] bytes = valid().bytes();
    bytes[find(bytes, "long token")] = (byte) 0xFF;
    var strings = layout(bytes).metadata().strings("tokenizer.ggml.tokens");
    assertEquals("é", strings.get(1));
    WeightFileException thrown = assertThrows(WeightFileException.class, () -> strings.get(2));
    assertNames(thrown, "tokenizer.ggml.tokens", "not UTF-8");
    assertTrue(thrown.offset().isPresent());
  }

  @Test
  void anAlignmentMustBeAPowerOfTwo() {
    for (long alignment : new long[] {0, 3, 48, 1L << 31}) {
      assertNames(refused(valid().uint32("general.alignment", alignment)), "general.alignment");
    }
    assertNames(
        refused(valid().string("general.alignment", "32")), "general.alignment is a string");
    assertNames(
        refused(valid().uint32("general.alignment", 64)), "not a multiple of the alignment 64");
  }

  @Test
  void onePartOfASplitModelNamesTheToolThatJoinsThem() {
    assertNames(refused(valid().uint32("split.count", 3)), "3 parts", "--merge");
  }

  @Test
  void aWeightTypeThatIsNotServedIsNamedWithThoseThatAre() {
    GgufWriter known = valid().tensor("blk.0.x.weight", 10, new long[] {256}, 1024, new byte[84]);
    assertNames(
        refused(known), "blk.0.x.weight", "weight type 10 (Q2_K)", "Q4_K (12)", "BF16 (30)");
    GgufWriter unknown = valid().tensor("x", 4_000, new long[] {256}, 1024, new byte[84]);
    assertNames(refused(unknown), "weight type 4000,");
    assertNames(
        refused(valid().tensor("x", -1, new long[] {256}, 1024, new byte[84])), "type 4294967295");
  }

  @Test
  void shapesMustBePositiveShortAndWholeBlocks() {
    byte[] data = new byte[64];
    int f32 = QuantFormat.F32.id();
    assertNames(refused(valid().tensor("x", f32, new long[] {}, 1024, data)), "x has 0 dimensions");
    assertNames(
        refused(valid().tensor("x", f32, new long[] {1, 1, 1, 1, 1}, 1024, data)),
        "x has 5 dimensions");
    assertNames(
        refused(valid().tensor("x", f32, new long[] {4, 0}, 1024, data)), "a dimension of 0");
    assertNames(
        refused(valid().tensor("x", f32, new long[] {-4, 4}, 1024, data)), "x has a dimension of");
    assertNames(
        refused(valid().tensor("x", f32, new long[] {HUGE, HUGE}, 1024, data)), "more than 2^63");
    assertNames(
        refused(valid().tensor("x", f32, new long[] {1 << 20, HUGE / 4}, 1024, data)),
        "more than 2^63");
    assertNames(
        refused(valid().tensor("x", QuantFormat.Q4_K.id(), new long[] {2, 128}, 1024, data)),
        "rows of 128 weights",
        "Q4_K blocks of 256");
  }

  @Test
  void tensorsMustLieInTheFileAlignedAndApart() {
    int f32 = QuantFormat.F32.id();
    long[] shape = {4};
    byte[] data = new byte[16];
    for (long offset : new long[] {1 << 20, 1L << 62, Long.MAX_VALUE - 31}) {
      assertNames(
          refused(valid().tensor("x", f32, shape, offset, data)), "tensor x takes 16 bytes");
    }
    assertNames(refused(valid().tensor("x", f32, shape, 1028, data)), "multiple of the alignment");
    assertNames(refused(valid().tensor("x", f32, shape, -32, data)), "multiple of the alignment");
    assertNames(refused(valid().tensor("x", f32, shape, 64, data)), "blk.0.a.weight and x overlap");
    assertNames(refused(valid().vector("output.weight", 1)), "output.weight is described twice");
  }

  @Test
  void aFileBeyondTwoGibibytesIsReadToItsEnd() throws IOException {
    long offset = (1L << 31) + (1L << 20);
    GgufWriter writer =
        new GgufWriter().tensor("far", QuantFormat.F32.id(), new long[] {8}, offset, new byte[32]);
    int headerBytes = writer.bytes().length - 32;
    Path file = writer.write(folder.resolve("far.gguf"));
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.seek(headerBytes + offset + 31);
      sparse.write(0x40);
    } catch (IOException e) {
      abort("skipped: no sparse files here: " + e);
    }
    try (WeightFile open = WeightFile.open(file)) {
      MemorySegment far = open.tensors().get("far").data();
      assertEquals(2f, far.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 7));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aDamagedFileIsRefusedOrUsable(long seed) {
    byte[] whole = valid().bytes();
    Random random = new Random(seed);
    for (int i = 0; i < 4_000; i++) {
      byte[] damaged = whole.clone();
      int changes = 1 + random.nextInt(4);
      for (int c = 0; c < changes; c++) {
        int at = random.nextInt(damaged.length);
        damaged[at] =
            random.nextBoolean()
                ? (byte) (damaged[at] ^ 1 << random.nextInt(8))
                : (byte) random.nextInt(256);
      }
      if (random.nextInt(4) == 0) damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
      if (damaged.length >= 4) useIfAccepted(damaged);
    }
  }

  private static GgufLayout layout(byte[] bytes) {
    return GgufLayout.read(Path.of("damaged.gguf"), MemorySegment.ofArray(bytes), 4);
  }

  /**
   * Asks a file for all that it has; anything thrown but a {@link WeightFileException} fails the
   * test.
   */
  private static void useIfAccepted(byte[] bytes) {
    GgufLayout layout;
    try {
      layout = layout(bytes);
    } catch (WeightFileException refused) {
      return;
    }
    Metadata metadata = layout.metadata();
    for (String key : metadata.keys()) {
      for (Runnable getter :
          List.<Runnable>of(
              () -> metadata.findString(key),
              () -> metadata.findInteger(key),
              () -> metadata.findFloating(key),
              () -> metadata.findBool(key),
              () -> metadata.findStrings(key),
              () -> metadata.findIntegers(key),
              () -> metadata.findFloats(key))) {
        try {
          getter.run();
        } catch (WeightFileException otherTypeOrBadText) {
          assertTrue(otherTypeOrBadText.getMessage().contains(key));
        }
      }
    }
    for (TensorInfo tensor : layout.tensors().all()) {
      Dequantiser.matrix(tensor.format(), tensor.data(), tensor.rows(), tensor.columns());
    }
  }
}
