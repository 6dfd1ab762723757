package io.headrace.train;

/**
 * A prompt with the model's answer. Row {@code i} of its states is the final-normed state that {@code answer[i]} was chosen from: the
 * first is that of the prompt's last token.
 *
 * @param index number of the sequence within its part of the corpus, from 0
 * @param split what it is for
 * @param source number of the prompt file it is from; {@link #OWN} when the model wrote the prompt itself
 * @param temperature that the answer was drawn at; 0 for greedy
 * @param ending why the answer ends
 * @param prompt token ids, at least one
 * @param answer token ids, at least one, an end token included
 */
public record AnsweredPrompt(int index, Split split, int source, float temperature, Ending ending, int[] prompt, int[] answer) {
  /** The source of prompts that the model wrote. */
  public static final int OWN = -1;

  /** Why an answer ends. */
  public enum Ending {
    /** With the model's own end token, which is the answer's last. */
    END_TOKEN,
    /** It was as long as it might become. */
    LENGTH,
    /** It began to repeat itself. */
    LOOP
  }

  public AnsweredPrompt {
    if (prompt.length == 0 || answer.length == 0) throw new IllegalArgumentException("sequence %d lacks a prompt or an answer".formatted(index));
  }
}
