package io.headrace.weights;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a model file says about itself, under GGUF's keys ({@code llama.block_count}, {@code
 * tokenizer.ggml.tokens}). Each getter comes twice: {@code findX} gives an empty result for an
 * absent key, {@code x} throws. Both throw for a value of another type. Integers are accepted of
 * any stored width, and wherever a floating-point number is asked for.
 *
 * <p>Keys of our own, which no GGUF file has, start with {@code headrace.}; {@link SafetensorsFile}
 * lists them.
 *
 * <p><b>Errors.</b> {@link WeightFileException} with file and key.
 *
 * <p><b>Thread.</b> Any. Lists are decoded when first asked for, which needs the file to be open
 * still; string lists are then kept.
 */
public final class Metadata {
  private final Path file;
  private final Map<String, MetadataValue> values;

  Metadata(Path file, Map<String, MetadataValue> values) {
    this.file = file;
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * Metadata from plain values: {@code String}, {@code Boolean}, {@code Integer}, {@code Long},
   * {@code Float}, {@code Double}, {@code List<String>}, {@code long[]} or {@code float[]}.
   *
   * @param file what errors name
   * @throws IllegalArgumentException for a value of another type
   */
  public static Metadata of(Path file, Map<String, ?> plain) {
    Map<String, MetadataValue> values = new LinkedHashMap<>();
    plain.forEach((key, value) -> values.put(key, valueOf(key, value)));
    return new Metadata(file, values);
  }

  private static MetadataValue valueOf(String key, Object plain) {
    return switch (plain) {
      case String text -> new MetadataValue.Text(text);
      case Boolean flag -> new MetadataValue.Flag(flag);
      case Integer whole -> new MetadataValue.Whole(whole);
      case Long whole -> new MetadataValue.Whole(whole);
      case Float real -> new MetadataValue.Real(real);
      case Double real -> new MetadataValue.Real(real);
      case long[] wholes -> new MetadataValue.Wholes(wholes::clone);
      case float[] reals -> new MetadataValue.Reals(reals::clone);
      case List<?> texts -> {
        List<String> strings = texts.stream().map(String.class::cast).toList();
        yield new MetadataValue.Texts(() -> strings);
      }
      default ->
          throw new IllegalArgumentException(
              key + ": a " + plain.getClass() + " is no metadata value");
    };
  }

  /** The file or folder the metadata came from. */
  public Path file() {
    return file;
  }

  /** All keys, in the order of the file. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** Whether the key is present, with a value of whatever type. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** A string, or empty when the key is absent. */
  public Optional<String> findString(String key) {
    return find(key, MetadataValue.Text.class, "a string").map(MetadataValue.Text::value);
  }

  /** A string. */
  public String string(String key) {
    return findString(key).orElseThrow(() -> missing(key, "a string"));
  }

  /** An integer, or empty when the key is absent. */
  public OptionalLong findInteger(String key) {
    var found = find(key, MetadataValue.Whole.class, "an integer");
    return found.isPresent() ? OptionalLong.of(found.get().value()) : OptionalLong.empty();
  }

  /** An integer. */
  public long integer(String key) {
    return findInteger(key).orElseThrow(() -> missing(key, "an integer"));
  }

  /** An integer from {@code least} to {@code most}, both included. */
  public int integer(String key, int least, int most) {
    return inRange(key, integer(key), least, most);
  }

  /**
   * An integer from {@code least} to {@code most}, both included, or {@code absent} when the key is
   * absent.
   */
  public int integer(String key, int least, int most, int absent) {
    OptionalLong found = findInteger(key);
    return found.isPresent() ? inRange(key, found.getAsLong(), least, most) : absent;
  }

  private int inRange(String key, long value, int least, int most) {
    if (value < least || value > most) {
      throw new WeightFileException(
          file, "metadata key %s is %d, expected %d to %d".formatted(key, value, least, most));
    }
    return (int) value;
  }

  /** A finite number, or empty when the key is absent. */
  public OptionalDouble findFloating(String key) {
    if (values.get(key) instanceof MetadataValue.Whole whole) return OptionalDouble.of(whole.value());
    var found = find(key, MetadataValue.Real.class, "a floating-point number");
    if (found.isEmpty()) return OptionalDouble.empty();
    double value = found.get().value();
    if (!Double.isFinite(value)) {
      throw new WeightFileException(
          file, "metadata key %s is %s, expected a finite number".formatted(key, value));
    }
    return OptionalDouble.of(value);
  }

  /** A finite number. */
  public double floating(String key) {
    return findFloating(key).orElseThrow(() -> missing(key, "a floating-point number"));
  }

  /** A boolean, or empty when the key is absent. */
  public Optional<Boolean> findBool(String key) {
    return find(key, MetadataValue.Flag.class, "a boolean").map(MetadataValue.Flag::value);
  }

  /** A boolean, or {@code absent} when the key is absent. */
  public boolean bool(String key, boolean absent) {
    return findBool(key).orElse(absent);
  }

  /** Strings, unmodifiable, or empty when the key is absent. */
  public Optional<List<String>> findStrings(String key) {
    return find(key, MetadataValue.Texts.class, "a list of strings").map(MetadataValue.Texts::values);
  }

  /** Strings, unmodifiable. */
  public List<String> strings(String key) {
    return findStrings(key).orElseThrow(() -> missing(key, "a list of strings"));
  }

  /** Integers (booleans as 0 and 1) in a new array, or empty when the key is absent. */
  public Optional<long[]> findIntegers(String key) {
    return find(key, MetadataValue.Wholes.class, "a list of integers").map(wholes -> wholes.source().get());
  }

  /** Integers (booleans as 0 and 1) in a new array. */
  public long[] integers(String key) {
    return findIntegers(key).orElseThrow(() -> missing(key, "a list of integers"));
  }

  /**
   * Floating-point numbers in a new array, or empty when the key is absent; they may be infinite or
   * NaN.
   */
  public Optional<float[]> findFloats(String key) {
    if (values.get(key) instanceof MetadataValue.Wholes wholes) return Optional.of(widened(wholes.source().get()));
    return find(key, MetadataValue.Reals.class, "a list of floating-point numbers").map(reals -> reals.source().get());
  }

  /** Floating-point numbers in a new array; they may be infinite or NaN. */
  public float[] floats(String key) {
    return findFloats(key).orElseThrow(() -> missing(key, "a list of floating-point numbers"));
  }

  /** A value of that type, or empty when the key is absent. */
  private <T extends MetadataValue> Optional<T> find(String key, Class<T> type, String kind) {
    MetadataValue found = values.get(key);
    if (found == null) return Optional.empty();
    if (!type.isInstance(found)) throw wrongKind(key, found, kind);
    return Optional.of(type.cast(found));
  }

  private static float[] widened(long[] wholes) {
    float[] reals = new float[wholes.length];
    for (int i = 0; i < wholes.length; i++) reals[i] = wholes[i];
    return reals;
  }

  private WeightFileException missing(String key, String kind) {
    return new WeightFileException(
        file, "metadata key %s is missing; expected %s".formatted(key, kind));
  }

  private WeightFileException wrongKind(String key, MetadataValue found, String kind) {
    return new WeightFileException(
        file, "metadata key %s is %s, expected %s".formatted(key, found.kind(), kind));
  }
}
