package io.headrace.intake.cascade;

/**
 * An answer of which it is known whether it is right, to compare others with. It should come from the same small model and the same
 * kind of task: a difference in style would give the answer away.
 */
public record Reference(String question, String answer, boolean correct) {
  public Reference {
    if (question.isBlank()) throw new IllegalArgumentException("question must not be empty");
    if (answer.isBlank()) throw new IllegalArgumentException("answer must not be empty");
  }
}
