package io.headrace.model;

import io.headrace.tensor.KvFormat;
import java.util.Set;

/**
 * How a model is loaded.
 *
 * @param kvBlocks blocks of 16 tokens to hold keys and values of all sequences, 1 and up
 * @param maxRows rows of a pass, 1 and up
 * @param maxSequences sequences of a pass, 1 and up
 * @param maxWanted rows of a pass whose logits may be wanted, 1 and up; each costs a row of logits in memory
 * @param maxContext longest sequence, tokens; 0: as long as the model was made for
 * @param dequantise whether quantised matrices are widened to float32: four to eight times the memory, and float32 activations. To
 *     judge the fast path by
 * @param taps after how many layers the residual stream is kept for reading, 0 (the embedding) to the model's layers; each costs a
 *     copy per pass and {@code maxRows} rows of memory
 * @param tapFinalNorm whether the wanted rows are kept after the final norm
 * @param kvFormat how keys and values are held
 * @param activations how finely activations are rounded for quantised weights
 */
public record LoadOptions(
    int kvBlocks,
    int maxRows,
    int maxSequences,
    int maxWanted,
    int maxContext,
    boolean dequantise,
    Set<Integer> taps,
    boolean tapFinalNorm,
    KvFormat kvFormat,
    Activations activations) {
  /** Rows of a pass: enough that weights are read rarely in a long prompt, and that a pass stays below half a second. */
  public static final int DEFAULT_MAX_ROWS = 512;

  /** Sequences of a pass. */
  public static final int DEFAULT_MAX_SEQUENCES = 64;

  /** One per sequence, and as many again for trees and prompts whose logits are asked for. */
  public static final int DEFAULT_MAX_WANTED = 128;

  public LoadOptions {
    atLeastOne("kvBlocks", kvBlocks);
    atLeastOne("maxRows", maxRows);
    atLeastOne("maxSequences", maxSequences);
    atLeastOne("maxWanted", maxWanted);
    if (maxContext < 0) {
      throw new IllegalArgumentException("maxContext must not be negative, was " + maxContext);
    }
    taps = Set.copyOf(taps);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) throw new IllegalArgumentException(name + " must be at least 1, was " + value);
  }

  /** The usual limits with memory for {@code kvBlocks} blocks. */
  public static LoadOptions withBlocks(int kvBlocks) {
    return new LoadOptions(
        kvBlocks,
        DEFAULT_MAX_ROWS,
        DEFAULT_MAX_SEQUENCES,
        DEFAULT_MAX_WANTED,
        0,
        false,
        Set.of(),
        false,
        KvFormat.F16,
        Activations.INT8);
  }

  /** Other limits of a pass. */
  public LoadOptions withLimits(int rows, int sequences, int wanted) {
    return new LoadOptions(
        kvBlocks, rows, sequences, wanted, maxContext, dequantise, taps, tapFinalNorm, kvFormat, activations);
  }

  public LoadOptions withMaxContext(int tokens) {
    return new LoadOptions(
        kvBlocks, maxRows, maxSequences, maxWanted, tokens, dequantise, taps, tapFinalNorm, kvFormat, activations);
  }

  public LoadOptions withDequantise(boolean widen) {
    return new LoadOptions(
        kvBlocks, maxRows, maxSequences, maxWanted, maxContext, widen, taps, tapFinalNorm, kvFormat, activations);
  }

  public LoadOptions withTaps(Set<Integer> afterLayers, boolean finalNorm) {
    return new LoadOptions(
        kvBlocks, maxRows, maxSequences, maxWanted, maxContext, dequantise, afterLayers, finalNorm, kvFormat, activations);
  }

  public LoadOptions withKvFormat(KvFormat format) {
    return new LoadOptions(
        kvBlocks, maxRows, maxSequences, maxWanted, maxContext, dequantise, taps, tapFinalNorm, format, activations);
  }

  public LoadOptions withActivations(Activations rounding) {
    return new LoadOptions(
        kvBlocks, maxRows, maxSequences, maxWanted, maxContext, dequantise, taps, tapFinalNorm, kvFormat, rounding);
  }
}
