package io.headrace.train.distil;

import io.headrace.tensor.QuantFormat;
import io.headrace.train.Corpus;
import io.headrace.weights.Dequantiser;
import io.headrace.weights.SafetensorsWriter;
import io.headrace.weights.TensorInfo;
import io.headrace.weights.WeightFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a model's token vectors in float32 for a trainer: those it reads, and those it compares its state with if they are others. */
public final class TokenVectors {
  private TokenVectors() {}

  /** Writes {@link Corpus#VECTORS} into {@code folder} unless it is there. */
  public static void write(WeightFile file, Path folder) throws IOException {
    Path to = folder.resolve(Corpus.VECTORS);
    if (Files.exists(to)) return;
    SafetensorsWriter writer = new SafetensorsWriter();
    add(writer, "embedding", file.tensors().get("token_embd.weight"));
    file.tensors().find("output.weight").ifPresent(output -> add(writer, "output", output));
    writer.write(to);
  }

  private static void add(SafetensorsWriter writer, String name, TensorInfo tensor) {
    float[] values = Dequantiser.matrix(tensor.format(), tensor.data(), tensor.rows(), tensor.columns());
    writer.add(name, QuantFormat.F32, new long[] {tensor.rows(), tensor.columns()}, values);
  }
}
