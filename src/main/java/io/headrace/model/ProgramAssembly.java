package io.headrace.model;

import io.headrace.tensor.BufferSpec;
import io.headrace.tensor.BufferSpec.Kind;
import io.headrace.tensor.Matrix;
import io.headrace.tensor.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the program of a decoder: one residual stream, to which each part of a layer adds. An {@link Architecture} calls it in the
 * order of its layer, with the names of its tensors; matrices are packed as they are named, so they lie in memory in the order a
 * pass reads them.
 *
 * <p>An input is rounded or kept in float32 as the format of the matrix that reads it demands; where readers differ, it is
 * made both ways.
 */
final class ProgramAssembly {
  private final PackedWeights weights;
  private final Hyperparameters sizes;
  private final LoadOptions options;
  private final List<BufferSpec> buffers = new ArrayList<>();
  private final Map<String, Integer> bufferNames = new HashMap<>();
  private final List<Op> ops = new ArrayList<>();
  private final List<Integer> layerStarts = new ArrayList<>();
  private final Map<Integer, Integer> taps = new HashMap<>();
  private final int stream;
  private final int heads;
  private int layer;
  private float[] normWeight = {};
  private final Map<Kind, Integer> inputs = new HashMap<>();

  ProgramAssembly(PackedWeights weights, Hyperparameters sizes, LoadOptions options) {
    this.weights = weights;
    this.sizes = sizes;
    this.options = options;
    stream = buffer("stream", Kind.F32, sizes.hidden());
    heads = buffer("heads", Kind.F32, (sizes.heads() + 2L * sizes.kvHeads()) * sizes.headDim());
  }

  /** The whole model. */
  static ProgramAssembly of(
      PackedWeights weights, Architecture architecture, Hyperparameters sizes, LoadOptions options) {
    ProgramAssembly program = new ProgramAssembly(weights, sizes, options);
    program.embed();
    for (int i = 0; i < sizes.layers(); i++) {
      program.layer = i;
      architecture.layer(program);
      program.endLayer(i + 1);
    }
    program.head();
    return program;
  }

  List<BufferSpec> buffers() {
    return buffers;
  }

  List<Op> ops() {
    return ops;
  }

  /** First operation of layer {@code index}; of the number of layers: of the output head. */
  int layerStart(int index) {
    return layerStarts.get(index);
  }

  int bufferNamed(String name) {
    return bufferNames.get(name);
  }

  /** Buffer of the tap after so many layers, or null when it was not asked for. */
  @Nullable Integer tap(int afterLayers) {
    return taps.get(afterLayers);
  }

  private int buffer(String name, Kind kind, long width) {
    return buffer(name, kind, options.maxRows(), width);
  }

  private int buffer(String name, Kind kind, int rows, long width) {
    return bufferNames.computeIfAbsent(
        name,
        fresh -> {
          buffers.add(new BufferSpec(kind, rows, width));
          return buffers.size() - 1;
        });
  }

  private Kind inputKind(Matrix matrix) {
    return matrix.format().quantisesActivations() ? options.activations().kind() : Kind.F32;
  }

  private String tensor(String part, String field) {
    return "blk." + layer + "." + part + "." + field;
  }

  private void embed() {
    Matrix embedding = weights.matrix("token_embd.weight", sizes.vocabulary(), sizes.hidden());
    ops.add(new Op.Embed(embedding, stream));
    endLayer(0);
  }

  private void endLayer(int layersDone) {
    if (options.taps().contains(layersDone)) {
      int tap = buffer("tap " + layersDone, Kind.F32, sizes.hidden());
      taps.put(layersDone, tap);
      ops.add(new Op.Copy(stream, tap));
    }
    layerStarts.add(ops.size());
  }

  // ---- what architectures call, in the order of a layer -----------------------------------------------------------------------

  /** The next products read the normed residual stream. */
  void norm(String part) {
    normWeight = weights.vector(tensor(part, "weight"), sizes.hidden());
    inputs.clear();
  }

  void queriesKeysValues(String queries, String keys, String values) {
    projections(queries, keys, values, false);
  }

  void biasedQueriesKeysValues(String queries, String keys, String values) {
    projections(queries, keys, values, true);
  }

  private void projections(String queries, String keys, String values, boolean biased) {
    int q = sizes.heads() * sizes.headDim();
    int kv = sizes.kvHeads() * sizes.headDim();
    projection(queries, q, 0, biased);
    projection(keys, kv, q, biased);
    projection(values, kv, q + kv, biased);
  }

  private void projection(String part, int rows, int offset, boolean biased) {
    Matrix matrix = weights.matrix(tensor(part, "weight"), rows, sizes.hidden());
    float[] bias =
        biased || weights.has(tensor(part, "bias")) ? weights.vector(tensor(part, "bias"), rows) : null;
    ops.add(new Op.Matmul(normed(matrix), heads, offset, matrix, bias, false, false));
  }

  /** The buffer with the normed stream in the kind that {@code reader} takes, made when first asked for. */
  private int normed(Matrix reader) {
    return inputs.computeIfAbsent(
        inputKind(reader),
        kind -> {
          int target = buffer("normed " + kind, kind, sizes.hidden());
          ops.add(new Op.Norm(stream, target, normWeight, sizes.epsilon(), false));
          return target;
        });
  }

  void rope() {
    ops.add(new Op.Rope(heads, layer, null, null, sizes.epsilon()));
  }

  void normedRope(String queryNorm, String keyNorm) {
    float[] query = weights.vector(tensor(queryNorm, "weight"), sizes.headDim());
    float[] key = weights.vector(tensor(keyNorm, "weight"), sizes.headDim());
    ops.add(new Op.Rope(heads, layer, query, key, sizes.epsilon()));
  }

  void attend() {
    int attended = buffer("attended F32", Kind.F32, (long) sizes.heads() * sizes.headDim());
    ops.add(new Op.Attend(heads, attended, layer));
  }

  /** Adds the projection of what was attended to the residual stream. */
  void addProjection(String part) {
    long width = (long) sizes.heads() * sizes.headDim();
    Matrix matrix = weights.matrix(tensor(part, "weight"), sizes.hidden(), width);
    int source = buffer("attended F32", Kind.F32, width);
    Kind kind = inputKind(matrix);
    if (kind.quantised()) {
      int rounded = buffer("attended " + kind, kind, width);
      ops.add(new Op.Convert(source, rounded, false));
      source = rounded;
    }
    addToStream(part, matrix, source);
  }

  /** Adds down * (silu(gate * normed) * (up * normed)) to the residual stream. */
  void addGated(String gatePart, String upPart, String downPart) {
    List<Matrix> pair =
        weights.pair(
            tensor(gatePart, "weight"), tensor(upPart, "weight"), sizes.feedForward(), sizes.hidden());
    Matrix down = weights.matrix(tensor(downPart, "weight"), sizes.hidden(), sizes.feedForward());
    Kind kind = inputKind(down);
    int gated = buffer("gated " + kind, kind, sizes.feedForward());
    ops.add(new Op.Gated(normed(pair.getFirst()), gated, pair.getFirst(), pair.getLast()));
    addToStream(downPart, down, gated);
  }

  private void addToStream(String part, Matrix matrix, int source) {
    String bias = tensor(part, "bias");
    float[] added = weights.has(bias) ? weights.vector(bias, sizes.hidden()) : null;
    ops.add(new Op.Matmul(source, stream, 0, matrix, added, true, false));
  }

  // ---- the output head --------------------------------------------------------------------------------------------------------

  private void head() {
    int wanted = options.maxWanted();
    int gathered = buffer("gathered", Kind.F32, wanted, sizes.hidden());
    ops.add(new Op.Gather(stream, gathered));
    float[] norm = weights.vector("output_norm.weight", sizes.hidden());
    Matrix output = weights.matrix(outputName(weights), sizes.vocabulary(), sizes.hidden());
    Kind kind = inputKind(output);
    int normed = buffer("final " + kind, kind, wanted, sizes.hidden());
    ops.add(new Op.Norm(gathered, normed, norm, sizes.epsilon(), true));
    if (options.tapFinalNorm()) {
      int tap = buffer("final F32", Kind.F32, wanted, sizes.hidden());
      if (tap != normed) ops.add(new Op.Norm(gathered, tap, norm, sizes.epsilon(), true));
    }
    float[] bias = weights.has("output.bias") ? weights.vector("output.bias", sizes.vocabulary()) : null;
    int logits = buffer("logits", Kind.F32, wanted, sizes.vocabulary());
    ops.add(new Op.Matmul(normed, logits, 0, output, bias, false, true));
    int peaks = buffer("peaks", Kind.F32, wanted, BufferRows.spans(sizes.vocabulary()));
    ops.add(new Op.Peaks(logits, peaks, true));
    ops.add(new Op.Argmax(peaks, buffer("largest", Kind.F32, wanted, 1), true));
  }

  /** The output matrix, or the embedding where the model has none of its own. */
  static String outputName(PackedWeights weights) {
    return weights.has("output.weight") ? "output.weight" : "token_embd.weight";
  }
}
