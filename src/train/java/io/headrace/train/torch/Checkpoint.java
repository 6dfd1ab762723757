package io.headrace.train.torch;

import io.headrace.tensor.QuantFormat;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.TensorFile;
import io.headrace.weights.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What a stopped training goes on from: weights, moments, the step and the time it took. */
final class Checkpoint {
  private static final String PROGRESS = "progress";

  private final Path file;

  Checkpoint(Path folder) {
    this(folder, "checkpoint.safetensors");
  }

  Checkpoint(Path folder, String name) {
    file = folder.resolve(name);
  }

  /** Saves the state after {@code step} steps. */
  void save(List<Parameter> parameters, int step, double seconds) throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    // Exact in float32 up to 2^24 steps.
    writer.add(PROGRESS, QuantFormat.F32, new long[] {2}, new float[] {step, (float) seconds});
    for (Parameter each : parameters) {
      long[] shape = each.value.getShape().getShape();
      writer.add(each.name, QuantFormat.F32, shape, each.value.toFloatArray());
      writer.add(each.name + ".first", QuantFormat.F32, shape, each.first.toFloatArray());
      writer.add(each.name + ".second", QuantFormat.F32, shape, each.second.toFloatArray());
    }
    writer.write(file);
  }

  /** Takes up what was saved: steps taken and seconds; nothing was, then zeros. */
  double[] restore(List<Parameter> parameters) {
    if (!Files.exists(file)) return new double[2];
    try (TensorFile saved = TensorFile.open(file)) {
      for (Parameter each : parameters) {
        each.value.set(values(saved, each.name));
        each.first.set(values(saved, each.name + ".first"));
        each.second.set(values(saved, each.name + ".second"));
      }
      float[] progress = values(saved, PROGRESS);
      return new double[] {progress[0], progress[1]};
    }
  }

  private static float[] values(TensorFile saved, String name) {
    TensorInfo tensor = saved.tensors().get(name);
    return Dequantiser.matrix(tensor.format(), tensor.data(), tensor.rows(), tensor.columns());
  }
}
