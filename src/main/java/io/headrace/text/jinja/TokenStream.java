package io.headrace.text.jinja;

import io.headrace.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The parser's place in the tokens, how deep it is, and which names it has seen. */
final class TokenStream {
  /** Python's own parser gives up earlier; templates nest about ten levels. */
  private static final int MAX_DEPTH = 100;

  private final List<Token> tokens;
  private final List<Set<String>> namesSeen = new ArrayList<>();
  private int at;
  private int depth;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token current() {
    return tokens.get(at);
  }

  Token look() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = tokens.get(at);
    if (at < tokens.size() - 1) {
      at++;
    }
    return token;
  }

  boolean skipOperator(String operator) {
    boolean found = current().isOperator(operator);
    if (found) {
      next();
    }
    return found;
  }

  boolean skipName(String name) {
    boolean found = current().isName(name);
    if (found) {
      next();
    }
    return found;
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  Token expect(Kind kind, String described) {
    if (current().kind() != kind) {
      throw unexpected(described);
    }
    return next();
  }

  void enter() {
    if (++depth > MAX_DEPTH) {
      throw new TemplateException(TemplateException.Kind.LIMIT, current().line(),
          "the template nests deeper than " + MAX_DEPTH + " levels");
    }
  }

  void leave() {
    depth--;
  }

  /** Starts to collect the names that expressions read. */
  void watchNames() {
    namesSeen.add(new HashSet<>());
  }

  /** Ends the innermost collection. */
  Set<String> namesWatched() {
    return namesSeen.removeLast();
  }

  void sawName(String name) {
    if (!namesSeen.isEmpty()) {
      namesSeen.getLast().add(name);
    }
  }

  TemplateException unexpected(String expected) {
    return error("expected " + expected + ", got " + current().described());
  }

  TemplateException error(String reason) {
    return new TemplateException(TemplateException.Kind.SYNTAX, current().line(), reason);
  }
}
