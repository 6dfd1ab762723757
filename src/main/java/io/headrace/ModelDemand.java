package io.headrace;

import io.headrace.bench.PassDemand;
import io.headrace.model.ModelCard;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;

/** Reads off a weight file what a pass must read and multiply. */
final class ModelDemand {
  private static final String EMBEDDING = "token_embd.weight";
  private static final String OUTPUT = "output.weight";

  private ModelDemand() {}

  /** An embedding that has an output matrix beside it is read a row a token only, and does not count. */
  static PassDemand of(WeightFile file, ModelCard card) {
    boolean tied = !file.tensors().has(OUTPUT);
    long layers = 0;
    long bytes = 0;
    long head = 0;
    for (TensorInfo tensor : file.tensors().all()) {
      if (tensor.name().equals(EMBEDDING) && !tied) continue;
      bytes += tensor.data().byteSize();
      if (tensor.rows() < 2) continue;
      long weights = tensor.rows() * tensor.columns();
      if (tensor.name().equals(tied ? EMBEDDING : OUTPUT)) {
        head = weights;
      } else {
        layers += weights;
      }
    }
    return new PassDemand(layers, head, bytes, card.kvBytesPerToken(), planes(card.activations()));
  }

  private static int planes(String activations) {
    if (activations.startsWith("int16")) return 2;
    return activations.startsWith("int8") ? 1 : 0;
  }
}
