package io.headrace.intake;

import java.util.List;

/**
 * The running outputs of one call. Closing cancels what still runs; closing twice is harmless.
 *
 * @param model the name of the model that answers
 * @param choices in prompt-major order
 * @param cancel stops every choice; any thread, idempotent
 */
public record LiveGeneration(String model, List<LiveChoice> choices, Runnable cancel) implements AutoCloseable {
  public LiveGeneration {
    choices = List.copyOf(choices);
  }

  @Override
  public void close() {
    cancel.run();
  }
}
