package io.headrace.train.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.headrace.tensor.QuantFormat;
import io.headrace.train.HeadsJob;
import io.headrace.train.HeadsJob.Kind;
import io.headrace.weights.SafetensorsWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The heads' blocks. Head {@code k} makes a state {@code u_k} that is compared with the output matrix:
 *
 * <pre>
 *   u_k = s + V_k SiLU(W_k s + U_k e + b_k)      with an inner layer
 *   u_k = s + SiLU(W_k s + U_k e + b_k)          without
 * </pre>
 *
 * <p>{@code s} is the target's final-normed state {@code h}, or {@code u_(k-1)} in a chain; {@code e} is the vector of the certain token,
 * or in a chain of the token before the guess. At first {@code u_k = s}: a head begins as the model's own output.
 *
 * <p>Heads beyond the number of cells share the last cell's block.
 *
 * <p>States and vectors enter with a mean square of 1, so that one learning rate suits all; the factors are part of the weights that
 * are written.
 */
final class HeadNetwork {
  private record Block(Parameter state, @Nullable Parameter token, Parameter bias, @Nullable Parameter out) {}

  private final HeadsJob job;
  private final int hidden;
  private final double stateScale;
  private final double tokenScale;
  private final List<Block> blocks = new ArrayList<>();
  private final List<Parameter> parameters = new ArrayList<>();

  /**
   * @param stateScale root of the mean square of states
   * @param tokenScale of token vectors
   */
  HeadNetwork(HeadsJob job, int hidden, double stateScale, double tokenScale, NDManager manager, RandomGenerator random) {
    this.job = job;
    this.hidden = hidden;
    this.stateScale = stateScale;
    this.tokenScale = tokenScale;
    boolean published = job.width() == 0;
    int inner = published ? hidden : job.width();
    double spread = published ? 0 : 1 / Math.sqrt(job.kind() == Kind.MEDUSA ? hidden : 2.0 * hidden);
    for (int k = 0; k < job.cells(); k++) {
      Parameter state = add("heads.%d.state".formatted(k), manager, normal(random, hidden * inner, spread), new Shape(hidden, inner), true);
      Parameter token = null;
      if (job.kind() != Kind.MEDUSA) {
        token = add("heads.%d.token".formatted(k), manager, normal(random, hidden * inner, spread), new Shape(hidden, inner), true);
      }
      Parameter bias = add("heads.%d.bias".formatted(k), manager, new float[inner], new Shape(inner), false);
      Parameter out = published ? null : add("heads.%d.out".formatted(k), manager, new float[inner * hidden], new Shape(inner, hidden), true);
      blocks.add(new Block(state, token, bias, out));
    }
  }

  private Parameter add(String name, NDManager manager, float[] initial, Shape shape, boolean decays) {
    Parameter parameter = new Parameter(name, manager, initial, shape, decays);
    parameters.add(parameter);
    return parameter;
  }

  private static float[] normal(RandomGenerator random, int count, double spread) {
    float[] values = new float[count];
    if (spread > 0) {
      for (int i = 0; i < count; i++) values[i] = (float) (spread * random.nextGaussian());
    }
    return values;
  }

  List<Parameter> parameters() {
    return parameters;
  }

  /**
   * The heads' states {@code [rows, hidden]}.
   *
   * @param h the target's states {@code [rows, hidden]}
   * @param vectors per head, the vectors {@code [rows, hidden]} of the tokens before its guess
   */
  List<NDArray> states(NDArray h, List<NDArray> vectors) {
    List<NDArray> states = new ArrayList<>();
    NDArray from = h;
    for (int k = 0; k < job.heads(); k++) {
      NDArray state = state(k, from, vectors.get(job.kind() == Kind.CHAIN ? k : 0));
      states.add(state);
      if (job.kind() == Kind.CHAIN) from = state;
    }
    return states;
  }

  /** One head's state, from what {@link #states} says it comes from. */
  NDArray state(int k, NDArray from, NDArray vector) {
    Block block = blocks.get(Math.min(k, blocks.size() - 1));
    NDArray inner = from.mul(1 / stateScale).matMul(block.state.value);
    if (block.token != null) inner = inner.add(vector.mul(1 / tokenScale).matMul(block.token.value));
    inner = inner.add(block.bias.value);
    NDArray active = inner.mul(inner.getNDArrayInternal().sigmoid());
    NDArray change = block.out == null ? active : active.matMul(block.out.value).mul(stateScale);
    return from.add(change);
  }

  double stateScale() {
    return stateScale;
  }

  double tokenScale() {
    return tokenScale;
  }

  /**
   * Adds the weights as a server multiplies them, a row per output, in binary16: {@code heads.K.state.weight} and {@code
   * heads.K.token.weight} {@code [inner, hidden]}, {@code heads.K.bias} {@code [inner]}, {@code heads.K.out.weight} {@code [hidden,
   * inner]}.
   */
  void export(SafetensorsWriter writer) {
    for (int k = 0; k < blocks.size(); k++) {
      Block block = blocks.get(k);
      int inner = (int) block.bias.value.getShape().get(0);
      matrix(writer, "heads.%d.state.weight".formatted(k), block.state, inner, hidden, 1 / stateScale);
      if (block.token != null) matrix(writer, "heads.%d.token.weight".formatted(k), block.token, inner, hidden, 1 / tokenScale);
      writer.add("heads.%d.bias".formatted(k), QuantFormat.F16, new long[] {inner}, block.bias.value.toFloatArray());
      if (block.out != null) matrix(writer, "heads.%d.out.weight".formatted(k), block.out, hidden, inner, stateScale);
    }
  }

  private static void matrix(SafetensorsWriter writer, String name, Parameter parameter, int rows, int columns, double scale) {
    float[] stored = parameter.value.toFloatArray();
    float[] turned = new float[stored.length];
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < columns; c++) turned[r * columns + c] = (float) (stored[c * rows + r] * scale);
    }
    writer.add(name, QuantFormat.F16, new long[] {rows, columns}, turned);
  }
}
