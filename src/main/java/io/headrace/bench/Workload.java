package io.headrace.bench;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A shape of work to time. Times of a shape are seconds of one pass; of {@link Prefill}, of the whole prompt. */
public sealed interface Workload {
  /** Passes of one timed run of decoding, each one token deeper than the last. */
  int DECODE_TOKENS = 32;

  /** The word for it in reports. */
  String what();

  /** Tokens of context before the timed work. */
  int depth();

  /** Prompt tokens, rows or sequences. */
  int n();

  /** Seconds of a pass in the unit of {@link #unit()}. */
  double value(double seconds);

  /** {@code tok/s}, or {@code ms} for the cost of rows in one pass. */
  default String unit() {
    return "tok/s";
  }

  /** Tokens that one of its sequences must have room for. */
  int reach();

  /** Sequences it runs at once. */
  default int sequences() {
    return 1;
  }

  /** How a person writes it; {@link #named} reads it. */
  String name();

  /** One sequence, one token a pass, the most probable token taken. */
  record Decode(int depth) implements Workload {
    @Override
    public String what() {
      return "decode";
    }

    @Override
    public int n() {
      return 1;
    }

    @Override
    public double value(double seconds) {
      return 1 / seconds;
    }

    @Override
    public int reach() {
      return depth + DECODE_TOKENS;
    }

    @Override
    public String name() {
      return "decode@" + depth;
    }
  }

  /** One prompt of {@code n} tokens, logits of the last. */
  record Prefill(int n) implements Workload {
    @Override
    public String what() {
      return "prefill";
    }

    @Override
    public int depth() {
      return 0;
    }

    @Override
    public double value(double seconds) {
      return n / seconds;
    }

    @Override
    public int reach() {
      return n;
    }

    @Override
    public String name() {
      return "prefill:" + n;
    }
  }

  /** {@code n} rows of one sequence in one pass, logits of all: what checking a draft costs. */
  record Rows(int n, int depth) implements Workload {
    @Override
    public String what() {
      return "rows";
    }

    @Override
    public double value(double seconds) {
      return seconds * 1000;
    }

    @Override
    public String unit() {
      return "ms";
    }

    @Override
    public int reach() {
      return depth + n;
    }

    @Override
    public String name() {
      return "rows:" + n + "@" + depth;
    }
  }

  /** {@code n} sequences, one token each a pass, the most probable tokens taken. */
  record Batch(int n, int depth) implements Workload {
    @Override
    public String what() {
      return "batch";
    }

    @Override
    public double value(double seconds) {
      return n / seconds;
    }

    @Override
    public int reach() {
      return depth + DECODE_TOKENS;
    }

    @Override
    public int sequences() {
      return n;
    }

    @Override
    public String name() {
      return "batch:" + n + "@" + depth;
    }
  }

  /**
   * The shape with this name: {@code decode@2048}, {@code prefill:512}, {@code rows:8@0}, {@code batch:32@256}.
   *
   * @throws IllegalArgumentException if it is none; the message shows how shapes are written
   */
  static Workload named(String name) {
    Matcher parts = Pattern.compile("(decode|prefill|rows|batch)(?::(\\d{1,7}))?(?:@(\\d{1,7}))?").matcher(name.strip());
    if (parts.matches()) {
      int n = parts.group(2) == null ? -1 : Integer.parseInt(parts.group(2));
      int depth = parts.group(3) == null ? -1 : Integer.parseInt(parts.group(3));
      switch (parts.group(1)) {
        case "decode" -> {
          if (n < 0 && depth >= 0) return new Decode(depth);
        }
        case "prefill" -> {
          if (n > 0 && depth < 0) return new Prefill(n);
        }
        case "rows" -> {
          if (n > 0 && depth >= 0) return new Rows(n, depth);
        }
        default -> {
          if (n > 0 && depth >= 0) return new Batch(n, depth);
        }
      }
    }
    throw new IllegalArgumentException(
        "'%s' is no shape; write decode@DEPTH, prefill:TOKENS, rows:ROWS@DEPTH or batch:SEQUENCES@DEPTH".formatted(name.strip()));
  }
}
