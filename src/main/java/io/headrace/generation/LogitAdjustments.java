package io.headrace.generation;

import java.util.Map;

/**
 * What is done to the logits before a token is chosen.
 *
 * @param repetition above 0; 1 is off. Logits of tokens that occurred in prompt or output are divided by it when positive and
 *     multiplied when negative (CTRL, arXiv 1909.05858)
 * @param frequency in [-2, 2]; 0 is off. Subtracted once per occurrence of the token in the output
 * @param presence in [-2, 2]; 0 is off. Subtracted once if the token occurs in the output
 * @param bias added to the logit of a token id, each in [-100, 100]
 */
public record LogitAdjustments(float repetition, float frequency, float presence, Map<Integer, Float> bias) {
  public static final LogitAdjustments NONE = new LogitAdjustments(1f, 0f, 0f, Map.of());

  public LogitAdjustments {
    if (!(repetition > 0f && repetition <= 100f)) {
      throw new IllegalArgumentException("repetition must be in (0, 100], was " + repetition);
    }
    if (!(Math.abs(frequency) <= 2f)) throw new IllegalArgumentException("frequency must be in [-2, 2], was " + frequency);
    if (!(Math.abs(presence) <= 2f)) throw new IllegalArgumentException("presence must be in [-2, 2], was " + presence);
    bias = Map.copyOf(bias);
    bias.forEach(
        (token, value) -> {
          if (token < 0) throw new IllegalArgumentException("bias names token id " + token);
          if (!(Math.abs(value) <= 100f)) {
            throw new IllegalArgumentException("bias of token %d must be in [-100, 100], was %s".formatted(token, value));
          }
        });
  }

  /** Whether the logits stay as the model gave them. */
  public boolean isNone() {
    return repetition == 1f && frequency == 0f && presence == 0f && bias.isEmpty();
  }
}
