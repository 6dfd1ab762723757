package io.headrace.generation;

import java.util.Locale;

/** What proposes the tokens that a pass tests, by the name that requests and records use. */
public enum Strategy {
  /** Nothing is proposed: one token per pass. */
  PLAIN,
  /** What followed the last tokens where they stood before, in prompt or output. */
  NGRAM,
  /** Extra heads on the model's last hidden state. */
  MEDUSA,
  /** A draft model with a head that says when to stop. */
  SPECDEC,
  /** A smaller model writes where the larger one would be sure; changes the output. */
  ENTROPY,
  /** The model's logits moved by what fine-tuning did to smaller models; changes the output. */
  FUSION;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** The name in requests, records and metrics. */
  public String word() {
    return word;
  }
}
