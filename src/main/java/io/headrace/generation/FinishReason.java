package io.headrace.generation;

import org.jspecify.annotations.Nullable;

/** Why an output ended. */
public sealed interface FinishReason {
  /** The model's own end token, or one of the request's stop tokens; {@code token} is not part of the text. */
  record StopToken(int token, boolean endOfText) implements FinishReason {}

  /** A stop string appeared in the text. */
  record StopString(String text) implements FinishReason {}

  /** The output has as many tokens as were asked for, or the model's window is full. */
  record Length() implements FinishReason {}

  /** The caller went away or asked to stop. */
  record Cancelled() implements FinishReason {}

  /** The public word for it in OpenAI's protocol, or null for a cancelled one. */
  default @Nullable String word() {
    return switch (this) {
      case StopToken _, StopString _ -> "stop";
      case Length _ -> "length";
      case Cancelled _ -> null;
    };
  }
}
