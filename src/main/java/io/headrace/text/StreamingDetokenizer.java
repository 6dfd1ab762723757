package io.headrace.text;

/**
 * Turns the tokens of one answer into text as they come.
 *
 * <p>A token may end in the middle of a character, so bytes that can still become one wait for the
 * next token: a piece never ends within a code point, nor within a surrogate pair, and all pieces
 * joined are the UTF-8 decoding of all bytes joined, with U+FFFD for what is ill-formed.
 *
 * <p>It continues a text: a leading space stays. Thread: one answer, one thread.
 */
public final class StreamingDetokenizer {
  private final Vocabulary vocabulary;
  private final boolean skipSpecial;
  private final Utf8Stream stream = new Utf8Stream();

  StreamingDetokenizer(Vocabulary vocabulary, boolean skipSpecial) {
    this.vocabulary = vocabulary;
    this.skipSpecial = skipSpecial;
  }

  /**
   * The text that may be sent after this token; often empty.
   *
   * @param id a token; one outside the vocabulary (a model's output may have more rows than it has
   *     tokens) prints nothing
   */
  public String push(int id) {
    if (id < 0
        || id >= vocabulary.size()
        || (skipSpecial && vocabulary.kinds().get(id).isControl())) {
      return "";
    }
    stream.accept(vocabulary.bytes(id));
    return stream.take();
  }

  /**
   * What the end of the stream adds: U+FFFD if it ends within a character. Afterwards the
   * detokenizer is as new.
   */
  public String finish() {
    stream.finish();
    return stream.take();
  }
}
