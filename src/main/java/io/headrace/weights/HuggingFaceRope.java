package io.headrace.weights;

import java.util.Map;
import java.util.Optional;

/**
 * Rotary settings of {@code config.json} as GGUF's keys. They come as {@code rope_theta} with an
 * optional {@code rope_scaling} object, or, from newer programs, all in {@code rope_parameters}.
 *
 * @see <a href="https://arxiv.org/abs/2309.00071">YaRN</a>
 */
final class HuggingFaceRope {
  private static final double DEFAULT_THETA = 10_000;

  private HuggingFaceRope() {}

  /**
   * Adds {@code rope.freq_base}, {@code rope.dimension_count} and what scaling needs.
   *
   * @param prefix the architecture and a dot
   * @param headDim elements of a head
   * @param contextLength the longest context the model takes, with scaling
   */
  static void translate(
      JsonDocument config, String prefix, int headDim, int contextLength, Map<String, Object> out) {
    Optional<JsonDocument> settings =
        config.findObject("rope_parameters").or(() -> config.findObject("rope_scaling"));
    double theta =
        config
            .findPositive("rope_theta")
            .or(() -> settings.flatMap(s -> s.findPositive("rope_theta")))
            .orElse(DEFAULT_THETA);
    double share = config.findPositive("partial_rotary_factor").orElse(1.0);
    int dimensions = (int) Math.min(headDim * share, headDim + 1.0);
    if (dimensions < 2 || dimensions > headDim || dimensions % 2 != 0) {
      throw config.wrong(
          config.find("partial_rotary_factor").isPresent() ? "partial_rotary_factor" : "head_dim",
          "an even number of rotary dimensions, from 2 to those of a head, %d".formatted(headDim));
    }
    out.put(prefix + "rope.freq_base", theta);
    out.put(prefix + "rope.dimension_count", dimensions);
    settings.ifPresent(s -> scaling(s, prefix + "rope.scaling.", contextLength, out));
  }

  private static void scaling(
      JsonDocument settings, String prefix, int contextLength, Map<String, Object> out) {
    String type =
        settings.findString("rope_type").or(() -> settings.findString("type")).orElse("default");
    switch (type) {
      case "default" -> {
        return;
      }
      case "linear" -> out.put(prefix + "factor", settings.positive("factor"));
      case "yarn" -> yarn(settings, prefix, contextLength, out);
      case "llama3" -> {
        out.put(prefix + "factor", settings.positive("factor"));
        out.put(prefix + "low_freq_factor", settings.positive("low_freq_factor"));
        out.put(prefix + "high_freq_factor", settings.positive("high_freq_factor"));
        out.put(
            prefix + "original_context_length",
            settings.integer("original_max_position_embeddings", 1));
      }
      default ->
          throw settings.wrong(
              settings.find("rope_type").isPresent() ? "rope_type" : "type",
              "default, linear, yarn or llama3; other scalings are not supported");
    }
    out.put(prefix + "type", type);
  }

  private static void yarn(
      JsonDocument settings, String prefix, int contextLength, Map<String, Object> out) {
    int original =
        settings.findInteger("original_max_position_embeddings", 1).orElse(contextLength);
    double factor = settings.findPositive("factor").orElse((double) contextLength / original);
    out.put(prefix + "factor", factor);
    out.put(prefix + "original_context_length", original);
    out.put(prefix + "yarn_beta_fast", settings.findPositive("beta_fast").orElse(32.0));
    out.put(prefix + "yarn_beta_slow", settings.findPositive("beta_slow").orElse(1.0));
    if (!settings.findFlag("truncate").orElse(true)) {
      throw settings.wrong("truncate", "true; other YaRN ranges are not supported");
    }
    // GGUF's attn_factor multiplies the usual 0.1 ln(factor) + 1; transformers' attention_factor
    // replaces it.
    findAttentionFactor(settings, factor)
        .ifPresent(wanted -> out.put(prefix + "attn_factor", wanted / magnitude(factor, 1)));
  }

  private static Optional<Double> findAttentionFactor(JsonDocument settings, double factor) {
    Optional<Double> given = settings.findPositive("attention_factor");
    Optional<Double> scale = settings.findPositive("mscale");
    Optional<Double> scaleOfAll = settings.findPositive("mscale_all_dim");
    if (given.isPresent() || scale.isEmpty() || scaleOfAll.isEmpty()) return given;
    return Optional.of(magnitude(factor, scale.get()) / magnitude(factor, scaleOfAll.get()));
  }

  private static double magnitude(double factor, double scale) {
    return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
  }
}
