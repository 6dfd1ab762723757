package io.headrace.model;

/**
 * What a model can do; a decoding strategy that needs more is refused when it is chosen.
 *
 * @param treePass rows with ancestor masks in one pass, at most {@code maxTreeNodes} per sequence
 * @param hiddenStates taps on hidden states after any layer and after the final norm
 * @param partialLayers running a range of layers
 * @param batch several sequences in one pass
 */
public record ModelCapabilities(
    boolean treePass, int maxTreeNodes, boolean hiddenStates, boolean partialLayers, boolean batch) {}
