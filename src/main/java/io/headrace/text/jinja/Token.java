package io.headrace.text.jinja;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text as written; for {@link Kind#DATA} after whitespace control, for {@link Kind#STRING}
 *     decoded
 * @param value the number of {@link Kind#INTEGER} and {@link Kind#FLOAT}, else the text
 * @param line line of the template, from 1
 */
record Token(Kind kind, String text, Object value, int line) {
  enum Kind {
    DATA,
    PRINT_BEGIN,
    PRINT_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  Token(Kind kind, String text, int line) {
    this(kind, text, text, line);
  }

  boolean isOperator(String operator) {
    return kind == Kind.OPERATOR && text.equals(operator);
  }

  boolean isName(String name) {
    return kind == Kind.NAME && text.equals(name);
  }

  /** For messages. */
  String described() {
    return switch (kind) {
      case DATA -> "text";
      case PRINT_BEGIN -> "'{{'";
      case PRINT_END -> "'}}'";
      case BLOCK_BEGIN -> "'{%'";
      case BLOCK_END -> "'%}'";
      case END -> "the end of the template";
      case STRING -> "a string";
      case NAME, INTEGER, FLOAT, OPERATOR -> "'" + text + "'";
    };
  }
}
