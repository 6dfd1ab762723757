package io.headrace.text.jinja;

/** Text being written, charged to a run before it grows. */
final class TextBuilder {
  private final Run run;
  private final StringBuilder text = new StringBuilder();

  TextBuilder(Run run) {
    this.run = run;
    run.chars(16);
  }

  TextBuilder append(String more) {
    run.grow(text.length(), more.length());
    text.append(more);
    return this;
  }

  TextBuilder append(char c) {
    run.grow(text.length(), 1);
    text.append(c);
    return this;
  }

  TextBuilder appendCodePoint(int codePoint) {
    return codePoint < 0x10000 ? append((char) codePoint) : append(Character.toString(codePoint));
  }

  TextBuilder repeat(String more, long times) {
    for (long i = 0; i < times; i++) {
      append(more);
    }
    return this;
  }

  int length() {
    return text.length();
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
