package io.headrace.tensor;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the kernels read is what was added, however long the passes before were. */
class PassBatchTest {
  private static final int STRIDE = 9;

  private final PassBatch batch = new PassBatch(24, 6, 12, STRIDE);

  @BeforeEach
  void theKernelsAreForLittleEndianProcessors() {
    Assumptions.assumeTrue(ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN, "there are no kernels for this processor");
  }

  @Test
  void theStructHoldsWhatWasAddedInPassesOfEveryLength() {
    SplittableRandom random = new SplittableRandom(7);
    for (int pass = 0; pass < 200; pass++) {
      batch.clear();
      int sequences = random.nextInt(1, 7);
      for (int s = 0; s < sequences; s++) {
        int blocks = random.nextInt(0, STRIDE + 1);
        batch.beginSequence(random.nextInt(100), random.ints(STRIDE, 0, 1000).toArray(), blocks);
        int rows = random.nextInt(1, 5);
        for (int r = 0; r < rows; r++) {
          int[] row = random.ints(4).toArray();
          batch.addRow(row[0], row[1], row[2], row[3], random.nextBoolean() && batch.wanted() < batch.maxWanted());
        }
        theStructIsTheBatch(s, blocks);
      }
    }
  }

  private void theStructIsTheBatch(int sequence, int blocks) {
    MemorySegment struct = batch.struct();
    int stride = struct.get(JAVA_INT, 12);
    assertEquals(batch.rows(), struct.get(JAVA_INT, 0));
    assertEquals(batch.sequences(), struct.get(JAVA_INT, 4));
    assertEquals(batch.wanted(), struct.get(JAVA_INT, 8));
    assertTrue(stride >= blocks && stride <= STRIDE, "a stride of " + stride);
    for (int r = 0; r < batch.rows(); r++) {
      int[] row = {word(struct, 0, r), word(struct, 1, r), word(struct, 2, r), word(struct, 3, r)};
      assertArrayEquals(new int[] {batch.token(r), batch.position(r), batch.slot(r), batch.parent(r)}, row);
    }
    for (int s = 0; s <= batch.sequences(); s++) assertEquals(batch.firstRow(s), word(struct, 4, s));
    for (int s = 0; s < batch.sequences(); s++) assertEquals(batch.committed(s), word(struct, 5, s));
    for (int b = 0; b < blocks; b++) assertEquals(batch.block(sequence, b), word(struct, 6, sequence * stride + b));
    for (int w = 0; w < batch.wanted(); w++) assertEquals(batch.wantedRow(w), word(struct, 7, w));
  }

  /** Word {@code index} of array {@code array} of an {@code hr_batch}. */
  private static int word(MemorySegment struct, int array, int index) {
    long at = struct.get(JAVA_LONG, 16 + 8L * array) - struct.address();
    assertTrue(at >= 80 && at + 4L * index < struct.byteSize(), "array %d lies outside".formatted(array));
    return struct.get(JAVA_INT, at + 4L * index);
  }
}
