package io.headrace.engine;

import java.time.Duration;
import java.util.Set;

/**
 * How an engine runs.
 *
 * @param stepTokens rows of one pass at most; the model's batch may allow fewer. Larger: more
 *     prompt tokens per second, longer gaps between a stream's tokens while a prompt is computed.
 *     Default 512
 * @param prefillChunk prompt tokens of one sequence per step at most. Default: as many as a step
 *     has
 * @param maxRunning sequences in one pass at most; the model's batch may allow fewer. At most
 *     {@code stepTokens}. Default 64
 * @param maxQueued requests that wait for their first step at most; more are refused. Default 512
 * @param maxTreeNodes nodes of one sequence's token tree at most, root included. Default 16
 * @param streamStretch prompts are computed beside running streams in chunks so large that a step
 *     takes at most so many times what it takes without them; at least 1. A chunk never falls below
 *     16 rows. Default 2
 * @param admissionReserve share of the blocks, in [0, 1), kept free for running sequences when a
 *     new one is admitted. Default 0.02
 * @param prefixCache whether computed prefixes are reused. Default true
 * @param stepLimit a step that takes longer is reported in the log with the engine thread's stack.
 *     Default 10 s
 * @param endOfText token ids with which the model itself ends an output
 */
public record EngineOptions(
    int stepTokens,
    int prefillChunk,
    int maxRunning,
    int maxQueued,
    int maxTreeNodes,
    double streamStretch,
    double admissionReserve,
    boolean prefixCache,
    Duration stepLimit,
    Set<Integer> endOfText) {

  public EngineOptions {
    atLeastOne("prefillChunk", prefillChunk);
    atLeastOne("maxRunning", maxRunning);
    atLeastOne("maxQueued", maxQueued);
    atLeastOne("maxTreeNodes", maxTreeNodes);
    if (stepTokens < maxRunning) {
      throw new IllegalArgumentException(
          "stepTokens must be at least maxRunning (%d), was %d".formatted(maxRunning, stepTokens));
    }
    if (!(streamStretch >= 1)) {
      throw new IllegalArgumentException("streamStretch must be at least 1, was " + streamStretch);
    }
    if (!(admissionReserve >= 0 && admissionReserve < 1)) {
      throw new IllegalArgumentException(
          "admissionReserve must be in [0, 1), was " + admissionReserve);
    }
    if (stepLimit.isZero() || stepLimit.isNegative()) {
      throw new IllegalArgumentException("stepLimit must be above 0, was " + stepLimit);
    }
    endOfText = Set.copyOf(endOfText);
  }

  /** The defaults, for a model with these end tokens. */
  public static EngineOptions defaults(Set<Integer> endOfText) {
    return new EngineOptions(512, 512, 64, 512, 16, 2, 0.02, true, Duration.ofSeconds(10), endOfText);
  }

  public EngineOptions withStepTokens(int stepTokens) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withPrefillChunk(int prefillChunk) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withMaxRunning(int maxRunning) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withMaxQueued(int maxQueued) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withMaxTreeNodes(int maxTreeNodes) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withStreamStretch(double streamStretch) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withPrefixCache(boolean prefixCache) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  public EngineOptions withStepLimit(Duration stepLimit) {
    return new EngineOptions(
        stepTokens, prefillChunk, maxRunning, maxQueued, maxTreeNodes, streamStretch, admissionReserve, prefixCache, stepLimit, endOfText);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1)
      throw new IllegalArgumentException("%s must be at least 1, was %d".formatted(name, value));
  }
}
