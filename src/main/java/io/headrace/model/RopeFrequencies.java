package io.headrace.model;

import io.headrace.tensor.RopeTables;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.Metadata;
import io.headrace.weights.SafetensorsFile;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.util.Optional;

/**
 * Rotary position embedding: how fast each pair of a head turns, computed in double and rounded once, so that tables are the same
 * everywhere.
 *
 * @see <a href="https://arxiv.org/abs/2104.09864">RoFormer: rotary position embedding</a>
 * @see <a href="https://arxiv.org/abs/2309.00071">YaRN: context extension by interpolating frequencies unequally</a>
 */
final class RopeFrequencies {
  /** Divisors of the frequencies, which GGUF files of Llama 3 carry instead of settings. */
  static final String FACTORS = "rope_freqs.weight";

  private final double[] turns;
  private double magnitude = 1;

  private RopeFrequencies(double[] turns) {
    this.turns = turns;
  }

  /** Radians per token of each pair, slowest last. */
  double[] turns() {
    return turns.clone();
  }

  /** What cosines and sines are multiplied by. */
  double magnitude() {
    return magnitude;
  }

  /**
   * @throws UnsupportedModelException for a scaling that is not known
   */
  static RopeFrequencies of(WeightFile file, Hyperparameters sizes) {
    Metadata metadata = file.metadata();
    String prefix = sizes.prefix() + "rope.";
    String scaling = prefix + "scaling.";
    double base = metadata.findFloating(prefix + "freq_base").orElse(10_000);
    double[] turns = new double[sizes.headDim() / 2];
    for (int i = 0; i < turns.length; i++) turns[i] = Math.pow(base, -2.0 * i / sizes.headDim());
    RopeFrequencies result = new RopeFrequencies(turns);
    file.tensors().find(FACTORS).ifPresent(factors -> result.divide(factors, file));
    Optional<String> old =
        metadata.findFloating(prefix + "scale_linear").isPresent() ? Optional.of("linear") : Optional.empty();
    String type = metadata.findString(scaling + "type").or(() -> old).orElse("none");
    double factor =
        metadata
            .findFloating(scaling + "factor")
            .orElse(metadata.findFloating(prefix + "scale_linear").orElse(1));
    if (!type.equals("none") && !(factor > 0)) {
      throw new UnsupportedModelException(file.path(), scaling + "factor must be above 0, was " + factor);
    }
    switch (type) {
      case "none" -> {}
      case "linear" -> {
        for (int i = 0; i < turns.length; i++) turns[i] /= factor;
      }
      case "yarn" -> result.yarn(metadata, scaling, base, factor);
      case "llama3" -> result.llama3(metadata, scaling, factor);
      default ->
          throw new UnsupportedModelException(
              file.path(),
              "%stype \"%s\" is not supported; supported are none, linear, yarn, llama3"
                  .formatted(scaling, type));
    }
    return result;
  }

  private void divide(TensorInfo factors, WeightFile file) {
    float[] by = Dequantiser.matrix(factors.format(), factors.data(), factors.rows(), factors.columns());
    if (by.length != turns.length) {
      throw new UnsupportedModelException(
          file.path(), "%s has %d values for %d pairs".formatted(FACTORS, by.length, turns.length));
    }
    for (int i = 0; i < turns.length; i++) turns[i] /= by[i];
  }

  /** Slow pairs are interpolated, fast ones kept, those between mixed; cosines and sines grow with the factor. */
  private void yarn(Metadata metadata, String scaling, double base, double factor) {
    int dimensions = 2 * turns.length;
    double original = metadata.floating(scaling + "original_context_length");
    double fast = metadata.findFloating(scaling + "yarn_beta_fast").orElse(32);
    double slow = metadata.findFloating(scaling + "yarn_beta_slow").orElse(1);
    double low = Math.max(0, Math.floor(turnedBy(fast, original, base, dimensions)));
    double high = Math.min(dimensions - 1, Math.ceil(turnedBy(slow, original, base, dimensions)));
    for (int i = 0; i < turns.length; i++) {
      double interpolated = Math.clamp((i - low) / Math.max(high - low, 0.001), 0, 1);
      turns[i] = turns[i] / factor * interpolated + turns[i] * (1 - interpolated);
    }
    double given =
        metadata
            .findFloating(scaling + "attn_factor")
            .orElse(metadata.findFloating(scaling + "yarn_attn_factor").orElse(1));
    magnitude = given * (factor > 1 ? 0.1 * Math.log(factor) + 1 : 1);
  }

  /** The pair, as a real number, that turns {@code rotations} times within {@code tokens}. */
  private static double turnedBy(double rotations, double tokens, double base, int dimensions) {
    return dimensions * Math.log(tokens / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
  }

  /** Pairs with long waves are slowed by the factor, short ones kept, those between mixed. */
  private void llama3(Metadata metadata, String scaling, double factor) {
    double original = metadata.floating(scaling + "original_context_length");
    double low = metadata.findFloating(scaling + "low_freq_factor").orElse(1);
    double high = metadata.findFloating(scaling + "high_freq_factor").orElse(4);
    for (int i = 0; i < turns.length; i++) {
      double wave = 2 * Math.PI / turns[i];
      double kept = Math.clamp((original / wave - low) / (high - low), 0, 1);
      turns[i] = (1 - kept) * turns[i] / factor + kept * turns[i];
    }
  }

  /** Tables for positions below {@code positions}. */
  RopeTables tables(WeightFile file, Architecture architecture, int positions) {
    int half = turns.length;
    float[] cos = new float[Math.multiplyExact(positions, half)];
    float[] sin = new float[cos.length];
    for (int p = 0; p < positions; p++) {
      for (int i = 0; i < half; i++) {
        double angle = p * turns[i];
        cos[p * half + i] = (float) (Math.cos(angle) * magnitude);
        sin[p * half + i] = (float) (Math.sin(angle) * magnitude);
      }
    }
    return new RopeTables(pairing(file, architecture), positions, cos, sin);
  }

  private static RopeTables.Pairing pairing(WeightFile file, Architecture architecture) {
    Optional<String> said = file.metadata().findString(SafetensorsFile.ROPE_PAIRING);
    if (said.isEmpty()) return architecture.pairing();
    return switch (said.get()) {
      case "halves" -> RopeTables.Pairing.HALVES;
      case "interleaved" -> RopeTables.Pairing.INTERLEAVED;
      default ->
          throw new UnsupportedModelException(
              file.path(), SafetensorsFile.ROPE_PAIRING + " \"" + said.get() + "\" is not known");
    };
  }
}
