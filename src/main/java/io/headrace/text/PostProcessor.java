package io.headrace.text;

import com.fasterxml.jackson.databind.JsonNode;
import io.headrace.text.TokenizerParts.AddedToken;
import java.util.ArrayList;
import java.util.List;

/** What a tokenizer.json's template puts around a single text: ids before and after it. */
record PostProcessor(List<Integer> prefix, List<Integer> suffix) {

  boolean isEmpty() {
    return prefix.isEmpty() && suffix.isEmpty();
  }

  /**
   * Reads {@code post_processor}; steps other than a template (ByteLevel, which only moves offsets)
   * add nothing.
   */
  static PostProcessor of(JsonNode node, List<AddedToken> added) {
    var prefix = new ArrayList<Integer>();
    var suffix = new ArrayList<Integer>();
    for (var step : JsonTokenizer.steps(node, "processors")) {
      if (step.path("type").asText().equals("TemplateProcessing")) {
        var into = prefix;
        for (var item : step.path("single")) {
          if (item.has("Sequence")) {
            into = suffix;
          } else {
            into.addAll(ids(step, item.path("SpecialToken").path("id").asText(), added));
          }
        }
      }
    }
    return new PostProcessor(List.copyOf(prefix), List.copyOf(suffix));
  }

  private static List<Integer> ids(JsonNode template, String name, List<AddedToken> added) {
    var ids = new ArrayList<Integer>();
    for (var id : template.path("special_tokens").path(name).path("ids")) {
      if (added.stream().noneMatch(token -> token.id() == id.intValue())) {
        throw new IllegalArgumentException(
            "tokenizer.json: post_processor adds the token %s ('%s'), which added_tokens lacks."
                .formatted(id, name));
      }
      ids.add(id.intValue());
    }
    return ids;
  }
}
