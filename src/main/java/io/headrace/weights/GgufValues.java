package io.headrace.weights;

/**
 * Reads GGUF metadata values. Scalars are read at once; of an array only the extent is checked, and
 * its entries are decoded when someone asks for them.
 *
 * @see <a href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">GGUF, metadata value
 *     types</a>
 */
final class GgufValues {
  /** A scalar string; chat templates are the longest, at some ten thousand bytes. */
  private static final long STRING_BYTES = 16 << 20;

  /**
   * Entries of an array; the largest vocabularies in use have under 300,000 tokens and half a
   * million merges.
   */
  private static final int ARRAY_ENTRIES = 1 << 24;

  private enum Type {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    /** Bytes of a value; of a string or an array, the least it can take. */
    final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }
  }

  private GgufValues() {}

  /** Reads the type of the value of {@code key}, then the value. */
  static MetadataValue read(GgufCursor in, String key) {
    Type type = type(in, "value type of metadata key " + key);
    String what = "value of metadata key " + key;
    return switch (type) {
      case STRING -> new MetadataValue.Text(in.string(what, STRING_BYTES));
      case ARRAY -> array(in, key);
      case BOOL -> new MetadataValue.Flag(whole(in, type, what) == 1);
      case FLOAT32, FLOAT64 -> new MetadataValue.Real(real(in, type, what));
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 ->
          new MetadataValue.Whole(whole(in, type, what));
    };
  }

  private static Type type(GgufCursor in, String what) {
    long at = in.position();
    long id = in.u32(what);
    if (id >= Type.values().length)
      throw in.fail(at, "%s is %d; GGUF knows 0 to 12".formatted(what, id));
    return Type.values()[(int) id];
  }

  private static MetadataValue array(GgufCursor in, String key) {
    long at = in.position();
    String what = "entry of metadata key " + key;
    Type type = type(in, "entry type of metadata key " + key);
    if (type == Type.ARRAY)
      throw in.fail(at, "metadata key " + key + " holds arrays of arrays, which are not supported");
    int count = in.count("number of entries of metadata key " + key, type.bytes, ARRAY_ENTRIES);
    if (type == Type.STRING) return new MetadataValue.Texts(in.strings(what, count, STRING_BYTES));
    GgufCursor start = in.fork();
    in.skip((long) count * type.bytes, what);
    return switch (type) {
      case FLOAT32, FLOAT64 ->
          new MetadataValue.Reals(() -> reals(start.fork(), type, what, count));
      default -> new MetadataValue.Wholes(() -> wholes(start.fork(), type, what, count));
    };
  }

  private static float[] reals(GgufCursor in, Type type, String what, int count) {
    float[] reals = new float[count];
    for (int i = 0; i < count; i++) reals[i] = (float) real(in, type, what);
    return reals;
  }

  private static long[] wholes(GgufCursor in, Type type, String what, int count) {
    long[] wholes = new long[count];
    if (type == Type.INT32) {
      int[] ints = in.ints(what, count);
      for (int i = 0; i < count; i++) wholes[i] = ints[i];
    } else {
      for (int i = 0; i < count; i++) wholes[i] = whole(in, type, what);
    }
    return wholes;
  }

  private static double real(GgufCursor in, Type type, String what) {
    return type == Type.FLOAT32
        ? Float.intBitsToFloat(in.i32(what))
        : Double.longBitsToDouble(in.i64(what));
  }

  private static long whole(GgufCursor in, Type type, String what) {
    long at = in.position();
    return switch (type) {
      case UINT8 -> in.u8(what);
      case INT8 -> (byte) in.u8(what);
      case UINT16 -> Short.toUnsignedLong(in.i16(what));
      case INT16 -> in.i16(what);
      case UINT32 -> in.u32(what);
      case INT32 -> in.i32(what);
      case INT64 -> in.i64(what);
      case UINT64 -> {
        long value = in.i64(what);
        if (value < 0) throw in.fail(at, what + " is 2^63 or more, which is not supported");
        yield value;
      }
      case BOOL -> {
        int value = in.u8(what);
        if (value > 1)
          throw in.fail(
              at,
              "%s is a boolean with the byte %d; only 0 and 1 are allowed".formatted(what, value));
        yield value;
      }
      case FLOAT32, FLOAT64, STRING, ARRAY ->
          throw new IllegalArgumentException(type + " is not whole");
    };
  }
}
