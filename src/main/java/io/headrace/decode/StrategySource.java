package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.model.ModelCapabilities;

/**
 * Makes the strategy of one sequence.
 *
 * <p>Errors: {@link IllegalArgumentException} if the model cannot do what the choice needs, with
 * what is missing; the request is refused then, never decoded some other way.
 *
 * <p>Thread: the caller's of {@code submit}; called once per request.
 */
@FunctionalInterface
public interface StrategySource {
  DecodingStrategy strategyFor(GenerationRequest request, ModelCapabilities model);

  /** The strategies of {@link DecodingChoice}. */
  static StrategySource ofChoice() {
    return (request, model) ->
        switch (request.decoding()) {
          case DecodingChoice.Plain _ -> new PlainDecoding();
        };
  }
}
