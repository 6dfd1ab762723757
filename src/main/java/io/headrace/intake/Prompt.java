package io.headrace.intake;

import io.headrace.generation.TokenIds;
import java.util.List;
import java.util.Map;

/** What a caller gives the model to go on from. */
public sealed interface Prompt {
  /**
   * Plain text.
   *
   * @param addSpecialTokens whether the model's own begin token is put in front where it wants one
   * @param parseSpecial whether the text of a control token means that token
   */
  record Text(String text, boolean addSpecialTokens, boolean parseSpecial) implements Prompt {}

  /** Token ids, taken as they are. */
  record Tokens(TokenIds ids) implements Prompt {}

  /**
   * A conversation for the model's chat template. Messages, tools and arguments are JSON-like values: maps, lists, strings, numbers,
   * booleans and nulls.
   */
  record Chat(
      List<Map<String, Object>> messages,
      List<Map<String, Object>> tools,
      boolean addGenerationPrompt,
      Map<String, Object> templateArguments)
      implements Prompt {}
}
