package io.headrace.intake;

import io.headrace.generation.TokenIds;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything a door can ask for.
 *
 * <p>Errors are values ({@link Rejection}); nothing is thrown for what a caller said.
 *
 * <p>Thread: any that may block for the time of tokenising; implementations are safe for concurrent use.
 */
public interface FrontDesk {
  /** The served models, the default one first. */
  List<ServedModel> models();

  /** Whether new calls are taken; false once the server drains. */
  boolean takesRequests();

  /** Starts the generations of a call. What is given back must be closed. */
  Answer<LiveGeneration> submit(GenerationCall call);

  /** The tokens of a prompt; a {@link Prompt.Chat} is rendered first. */
  Answer<Tokenised> tokenize(@Nullable String model, Prompt prompt);

  /** The text of tokens, control tokens included. */
  Answer<String> detokenize(@Nullable String model, TokenIds tokens);

  /** What the model's chat template makes of a conversation. */
  Answer<String> applyTemplate(@Nullable String model, Prompt.Chat chat);

  /**
   * Tokens of a prompt.
   *
   * @param texts the text of each token
   */
  record Tokenised(TokenIds ids, List<String> texts, int window) {}
}
