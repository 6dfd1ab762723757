package io.headrace.weights;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One metadata value. Lists are read from the file when first asked for: vocabularies hold hundreds
 * of thousands of entries.
 */
sealed interface MetadataValue {

  /** What a message calls it. */
  String kind();

  /** Any integer of a file, whatever its width. */
  record Whole(long value) implements MetadataValue {
    @Override
    public String kind() {
      return "an integer";
    }
  }

  /** Any floating-point number of a file. */
  record Real(double value) implements MetadataValue {
    @Override
    public String kind() {
      return "a floating-point number";
    }
  }

  record Flag(boolean value) implements MetadataValue {
    @Override
    public String kind() {
      return "a boolean";
    }
  }

  record Text(String value) implements MetadataValue {
    @Override
    public String kind() {
      return "a string";
    }
  }

  /** Strings, read once; two threads that ask first at the same time may both read. */
  final class Texts implements MetadataValue {
    private final Supplier<? extends List<String>> source;
    private volatile @Nullable List<String> read;

    Texts(Supplier<? extends List<String>> source) {
      this.source = source;
    }

    List<String> values() {
      List<String> values = read;
      if (values == null) read = values = source.get();
      return values;
    }

    @Override
    public String kind() {
      return "a list of strings";
    }
  }

  /** Integers; booleans as 0 and 1. The supplier gives a new array each time. */
  record Wholes(Supplier<long[]> source) implements MetadataValue {
    @Override
    public String kind() {
      return "a list of integers";
    }
  }

  /** Floating-point numbers. The supplier gives a new array each time. */
  record Reals(Supplier<float[]> source) implements MetadataValue {
    @Override
    public String kind() {
      return "a list of floating-point numbers";
    }
  }
}
