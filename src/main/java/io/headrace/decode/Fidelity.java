package io.headrace.decode;

/** What a decoding strategy promises of its output. */
public enum Fidelity {
  /** The output of plain decoding, token for token. */
  EXACT,
  /** Output that resembles plain decoding's and is labelled so. */
  APPROXIMATE
}
