package io.headrace.decode;

/**
 * A sequence as a strategy sees it: the prompt and the committed output.
 *
 * <p>Thread: engine thread, during the call it was passed to.
 */
public interface SequenceView {
  /** Tokens of prompt and output. */
  int size();

  /** Tokens of the prompt. */
  int promptSize();

  /** The token at {@code index}, from 0; prompt first. */
  int token(int index);
}
