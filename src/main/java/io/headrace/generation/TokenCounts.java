package io.headrace.generation;

/**
 * What a generation consumed.
 *
 * @param prompt prompt tokens
 * @param cached prompt tokens whose keys and values were found in the prefix cache
 * @param generated output tokens, a final stop token included
 */
public record TokenCounts(int prompt, int cached, int generated) {}
