package io.headrace.intake;

import java.time.Duration;
import java.util.List;

/** Why the front desk turned a call away. Every door has one mapping of these to its own terms. */
public sealed interface Rejection {
  /** For the caller: what is wrong, with which field, and what would be right. */
  String message();

  /** A field's value cannot be used. */
  record Malformed(String field, String problem) implements Rejection {
    @Override
    public String message() {
      return field + ": " + problem;
    }
  }

  /** A field or value is known but not offered by this server or model. */
  record Unsupported(String field, String problem) implements Rejection {
    @Override
    public String message() {
      return field + ": " + problem;
    }
  }

  /** No model of that name is served. */
  record UnknownModel(String name, List<String> served) implements Rejection {
    @Override
    public String message() {
      return "The model '%s' is not served here. Served: %s.".formatted(name, String.join(", ", served));
    }
  }

  /** Prompt and output together do not fit the model's window. */
  record PromptTooLong(String field, int promptTokens, int newTokens, int window) implements Rejection {
    @Override
    public String message() {
      return ("This model's window is %d tokens, but %d were asked for: %d in the prompt and %d for the output. Shorten the prompt or"
              + " ask for fewer output tokens.")
          .formatted(window, promptTokens + newTokens, promptTokens, newTokens);
    }
  }

  /** The model's chat template refused the messages. */
  record TemplateRefused(String reason) implements Rejection {
    @Override
    public String message() {
      return "messages: the model's chat template refuses them: " + reason;
    }
  }

  /** The queue is full. */
  record Overloaded(Duration retryAfter) implements Rejection {
    @Override
    public String message() {
      return "The server's queue is full; try again in %d s.".formatted(Math.max(1, retryAfter.toSeconds()));
    }
  }

  /** The server is finishing what it has and takes nothing new. */
  record Draining() implements Rejection {
    @Override
    public String message() {
      return "The server is shutting down.";
    }
  }
}
