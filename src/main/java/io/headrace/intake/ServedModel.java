package io.headrace.intake;

import io.headrace.generation.DecodingChoice;
import java.util.Map;

/**
 * A model as doors show it.
 *
 * @param id the name requests use
 * @param createdSeconds when it was loaded, Unix seconds
 * @param window longest sequence, tokens
 * @param decoding how calls are decoded that do not say
 * @param facts further facts for people: architecture, kernels, activations, parameters
 */
public record ServedModel(String id, long createdSeconds, int window, DecodingChoice decoding, Map<String, Object> facts) {
  public ServedModel {
    facts = Map.copyOf(facts);
  }
}
