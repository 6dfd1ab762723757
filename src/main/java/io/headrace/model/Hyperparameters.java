package io.headrace.model;

import io.headrace.weights.Metadata;
import io.headrace.weights.WeightFile;

/**
 * The sizes of a model, checked against each other and against what the kernels can do.
 *
 * @param prefix of metadata keys, with the dot
 * @param layers 1 to 1024
 * @param hidden width of the residual stream
 * @param feedForward width inside the gated layer
 * @param heads query heads
 * @param kvHeads key/value heads, a divisor of {@code heads}
 * @param headDim elements of a head, a multiple of 16 up to 256
 * @param epsilon of every norm
 * @param contextLength longest sequence, tokens
 * @param vocabulary rows of the embedding
 */
record Hyperparameters(
    String prefix,
    int layers,
    int hidden,
    int feedForward,
    int heads,
    int kvHeads,
    int headDim,
    float epsilon,
    int contextLength,
    int vocabulary) {

  static Hyperparameters of(WeightFile file, String architecture) {
    Metadata metadata = file.metadata();
    String prefix = architecture + ".";
    int hidden = metadata.integer(prefix + "embedding_length", 1, 1 << 20);
    int heads = metadata.integer(prefix + "attention.head_count", 1, 1 << 12);
    int kvHeads = metadata.integer(prefix + "attention.head_count_kv", 1, 1 << 12, heads);
    int headDim = metadata.integer(prefix + "attention.key_length", 1, 1 << 12, hidden / heads);
    int context = metadata.integer(prefix + "context_length", 1, 1 << 24);
    int window = metadata.integer(prefix + "attention.sliding_window", 0, Integer.MAX_VALUE, 0);
    Hyperparameters found =
        new Hyperparameters(
            prefix,
            metadata.integer(prefix + "block_count", 1, 1024),
            hidden,
            metadata.integer(prefix + "feed_forward_length", 1, 1 << 22),
            heads,
            kvHeads,
            headDim,
            (float) metadata.floating(prefix + "attention.layer_norm_rms_epsilon"),
            // Up to its window, attention over a sliding window is plain attention; we serve that much.
            window > 0 ? Math.min(context, window) : context,
            Math.toIntExact(Math.min(1 << 24, file.tensors().get("token_embd.weight").rows())));
    found.check(file);
    return found;
  }

  private void check(WeightFile file) {
    Metadata metadata = file.metadata();
    if (heads % kvHeads != 0 || heads / kvHeads > 16) {
      throw unsupported(
          file,
          "%d query heads over %d key/value heads; the first must be a multiple of the second, at most 16 times it"
              .formatted(heads, kvHeads));
    }
    if (headDim % 16 != 0 || headDim > 256 || headDim == 0) {
      throw unsupported(file, "head dimension %d; it must be a multiple of 16 up to 256".formatted(headDim));
    }
    if (metadata.integer(prefix + "attention.value_length", 1, 1 << 12, headDim) != headDim) {
      throw unsupported(file, "values of another length than keys");
    }
    if (metadata.integer(prefix + "rope.dimension_count", 1, 1 << 12, headDim) != headDim) {
      throw unsupported(file, "rotation of a part of each head");
    }
    if (hidden % 16 != 0) {
      throw unsupported(file, "embedding length %d; it must be a multiple of 16".formatted(hidden));
    }
    if (!(epsilon >= 0f) || Float.isInfinite(epsilon)) {
      throw unsupported(file, "norm epsilon " + epsilon);
    }
  }

  private static UnsupportedModelException unsupported(WeightFile file, String what) {
    return new UnsupportedModelException(file.path(), "not supported: " + what);
  }

  /** As records say it; written out since making a record's own takes a start ten milliseconds, and the fingerprint needs it. */
  @Override
  public String toString() {
    return "Hyperparameters[prefix=" + prefix + ", layers=" + layers + ", hidden=" + hidden + ", feedForward=" + feedForward
        + ", heads=" + heads + ", kvHeads=" + kvHeads + ", headDim=" + headDim + ", epsilon=" + epsilon
        + ", contextLength=" + contextLength + ", vocabulary=" + vocabulary + "]";
  }

  /** The same model whatever length is served: what keys and values depend on. */
  Hyperparameters withoutLimits() {
    return new Hyperparameters(
        prefix, layers, hidden, feedForward, heads, kvHeads, headDim, epsilon, 0, vocabulary);
  }
}
