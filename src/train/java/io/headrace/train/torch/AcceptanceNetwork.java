package io.headrace.train.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.headrace.tensor.QuantFormat;
import io.headrace.train.AcceptanceJob;
import io.headrace.train.AcceptanceReport;
import io.headrace.weights.SafetensorsWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Says how probably a guess will be accepted, given that all before it were. From the drafter's state {@code u}, the vector {@code e} of
 * the guessed token and a few features {@code f} of the drafter's distribution:
 *
 * <pre>
 *   x = SiLU(W u + U e + F f + b);  x = x + SiLU(D_i x + d_i);  logit = w x + l f + c
 * </pre>
 *
 * <p>Beside it {@code l f + c} alone, with weights of its own: the logistic model that the head must beat.
 */
final class AcceptanceNetwork {
  /** What features are divided by, so that each is about one. */
  private static final float[] SCALES = {1, 4, 4, 4, 4};

  private final AcceptanceJob job;
  private final int hidden;
  private final double stateScale;
  private final double tokenScale;
  private final List<Parameter> parameters = new ArrayList<>();
  private final Parameter state;
  private final Parameter token;
  private final Parameter feature;
  private final Parameter bias;
  private final List<Parameter> blocks = new ArrayList<>();
  private final Parameter out;
  private final Parameter skip;
  private final Parameter constant;
  private final Parameter logistic;
  private final Parameter logisticConstant;

  AcceptanceNetwork(AcceptanceJob job, int hidden, double stateScale, double tokenScale, NDManager manager, RandomGenerator random) {
    this.job = job;
    this.hidden = hidden;
    this.stateScale = stateScale;
    this.tokenScale = tokenScale;
    int width = job.width();
    double spread = 1 / Math.sqrt(2.0 * hidden);
    state = add("acceptance.state", manager, random, spread, hidden, width);
    token = add("acceptance.token", manager, random, spread, hidden, width);
    feature = add("acceptance.feature", manager, random, 0.5, SCALES.length, width);
    bias = add("acceptance.bias", manager, random, 0, 1, width);
    for (int i = 0; i < job.blocks(); i++) {
      blocks.add(add("acceptance.blocks.%d".formatted(i), manager, random, 1 / Math.sqrt(width), width, width));
      blocks.add(add("acceptance.blocks.%d.bias".formatted(i), manager, random, 0, 1, width));
    }
    out = add("acceptance.out", manager, random, 0, width, 1);
    skip = add("acceptance.skip", manager, random, 0, SCALES.length, 1);
    constant = add("acceptance.constant", manager, random, 0, 1, 1);
    logistic = add("logistic", manager, random, 0, SCALES.length, 1);
    logisticConstant = add("logistic.constant", manager, random, 0, 1, 1);
  }

  private Parameter add(String name, NDManager manager, RandomGenerator random, double spread, int rows, int columns) {
    float[] values = new float[rows * columns];
    if (spread > 0) {
      for (int i = 0; i < values.length; i++) values[i] = (float) (spread * random.nextGaussian());
    }
    Parameter parameter = new Parameter(name, manager, values, new Shape(rows, columns), rows > 1);
    parameters.add(parameter);
    return parameter;
  }

  List<Parameter> parameters() {
    return parameters;
  }

  /** Features as the network takes them, {@code [rows, features]}. */
  static NDArray features(float[][] raw, NDManager scratch) {
    float[] flat = new float[raw.length * SCALES.length];
    for (int i = 0; i < raw.length; i++) {
      for (int c = 0; c < SCALES.length; c++) flat[i * SCALES.length + c] = raw[i][c] / SCALES[c];
    }
    return scratch.create(flat, new Shape(raw.length, SCALES.length));
  }

  /** Log-odds of acceptance {@code [rows, 1]}. */
  NDArray logits(NDArray u, NDArray e, NDArray f) {
    NDArray inner = u.mul(1 / stateScale).matMul(state.value).add(e.mul(1 / tokenScale).matMul(token.value));
    NDArray x = silu(inner.add(f.matMul(feature.value)).add(bias.value));
    for (int i = 0; i < blocks.size(); i += 2) x = x.add(silu(x.matMul(blocks.get(i).value).add(blocks.get(i + 1).value)));
    return x.matMul(out.value).add(f.matMul(skip.value)).add(constant.value);
  }

  /** Log-odds of the logistic model {@code [rows, 1]}. */
  NDArray logistic(NDArray f) {
    return f.matMul(logistic.value).add(logisticConstant.value);
  }

  private static NDArray silu(NDArray x) {
    return x.mul(x.getNDArrayInternal().sigmoid());
  }

  /** The logistic model's weights for features as they are, its constant last. */
  float[] logisticWeights() {
    float[] scaled = logistic.value.toFloatArray();
    float[] weights = new float[SCALES.length + 1];
    for (int i = 0; i < SCALES.length; i++) weights[i] = scaled[i] / SCALES[i];
    weights[SCALES.length] = logisticConstant.value.toFloatArray()[0];
    return weights;
  }

  /**
   * Adds the head's weights, a row per output, float32, for states, vectors and features as they are: {@code acceptance.state.weight}
   * and {@code .token.weight [width, hidden]}, {@code .feature.weight [width, features]}, {@code .bias [width]}, {@code
   * .blocks.I.weight [width, width]} and {@code .blocks.I.bias}, {@code .out.weight [1, width]}, {@code .skip.weight [1, features]},
   * {@code .constant [1]}.
   */
  void export(SafetensorsWriter writer) {
    int width = job.width();
    matrix(writer, "acceptance.state.weight", state, width, hidden, 1 / stateScale, null);
    matrix(writer, "acceptance.token.weight", token, width, hidden, 1 / tokenScale, null);
    matrix(writer, "acceptance.feature.weight", feature, width, SCALES.length, 1, SCALES);
    vector(writer, "acceptance.bias", bias);
    for (int i = 0; i < job.blocks(); i++) {
      matrix(writer, "acceptance.blocks.%d.weight".formatted(i), blocks.get(2 * i), width, width, 1, null);
      vector(writer, "acceptance.blocks.%d.bias".formatted(i), blocks.get(2 * i + 1));
    }
    matrix(writer, "acceptance.out.weight", out, 1, width, 1, null);
    matrix(writer, "acceptance.skip.weight", skip, 1, SCALES.length, 1, SCALES);
    vector(writer, "acceptance.constant", constant);
    assert SCALES.length == AcceptanceReport.FEATURES.size();
  }

  private static void vector(SafetensorsWriter writer, String name, Parameter parameter) {
    float[] values = parameter.value.toFloatArray();
    writer.add(name, QuantFormat.F32, new long[] {values.length}, values);
  }

  private static void matrix(
      SafetensorsWriter writer, String name, Parameter parameter, int rows, int columns, double scale, float @Nullable [] scales) {
    float[] stored = parameter.value.toFloatArray();
    float[] turned = new float[stored.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) turned[r * columns + c] = (float) (stored[c * rows + r] * scale / (scales == null ? 1 : scales[c]));
    }
    writer.add(name, QuantFormat.F32, new long[] {rows, columns}, turned);
  }
}
