package io.headrace.generation;

/** Which strategy proposes tokens for a generation. */
public sealed interface DecodingChoice {
  /** One token per pass. */
  record Plain() implements DecodingChoice {}
}
