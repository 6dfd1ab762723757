package io.headrace.generation;

/**
 * What part one model had in outputs that several models may have had a part in.
 *
 * @param model {@code target} for the served model, else the companion's name
 * @param tokens that its logits had a part in choosing, stop tokens included
 * @param takeovers how often it took part after a token in which it had none; the first token of an output is none
 */
public record ModelTokens(String model, long tokens, long takeovers) {
  /** Both together, under this one's name. */
  public ModelTokens plus(ModelTokens other) {
    return new ModelTokens(model, tokens + other.tokens, takeovers + other.takeovers);
  }
}
