package io.headrace.engine;

import io.headrace.generation.GenerationRequest;
import io.headrace.model.ModelCard;

/** What a request must keep so that no pass can fail because of it. Any thread. */
final class RequestCheck {
  private RequestCheck() {}

  /**
   * @throws IllegalArgumentException with the field and what is wrong
   */
  static void check(GenerationRequest request, ModelCard card) {
    int size = request.prompt().size();
    if (size > card.contextLength()) {
      throw new IllegalArgumentException(
          "prompt has %d tokens, the model's window %d".formatted(size, card.contextLength()));
    }
    for (int i = 0; i < size; i++) {
      if (request.prompt().get(i) >= card.vocabulary()) {
        throw new IllegalArgumentException(
            "prompt[%d] is token %d, the vocabulary has %d"
                .formatted(i, request.prompt().get(i), card.vocabulary()));
      }
    }
    for (int token : request.adjustments().bias().keySet()) {
      if (token >= card.vocabulary()) {
        throw new IllegalArgumentException(
            "bias names token %d, the vocabulary has %d".formatted(token, card.vocabulary()));
      }
    }
  }
}
