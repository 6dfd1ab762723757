package io.headrace.intake;

import io.headrace.generation.CascadeJudge;

/**
 * How a cascade came to its answer.
 *
 * @param answeredBy the small model's name, or {@code target}
 * @param score that the small model's answer got; NaN where nothing could be said of it
 * @param threshold above which it is kept
 * @param smallTokens of the small model's answer, kept or not
 * @param questions that the judge asked
 */
public record CascadeRecord(String answeredBy, CascadeJudge judge, double score, double threshold, int smallTokens, int questions) {
  /** What stands for the served model. */
  public static final String TARGET = "target";
}
