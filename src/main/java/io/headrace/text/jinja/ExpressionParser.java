package io.headrace.text.jinja;

import io.headrace.text.jinja.Expr.Argument;
import io.headrace.text.jinja.Expr.Arguments;
import io.headrace.text.jinja.Expr.FilterCall;
import io.headrace.text.jinja.Expr.Spread;
import io.headrace.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses expressions with Jinja's precedences, which differ from Python's for {@code **} and unary
 * minus.
 */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> NOT_A_TEST_ARGUMENT = Set.of("else", "or", "and");

  private final TokenStream in;

  ExpressionParser(TokenStream in) {
    this.in = in;
  }

  /** An expression, with {@code a if b else c}. */
  Expr expression() {
    in.enter();
    Expr value = or();
    while (in.skipName("if")) {
      Expr test = or();
      Expr otherwise = in.skipName("else") ? expression() : null;
      value = new Expr.Conditional(test, value, otherwise);
    }
    in.leave();
    return value;
  }

  /** An expression without a condition at its outermost level. */
  Expr unconditional() {
    in.enter();
    Expr value = or();
    in.leave();
    return value;
  }

  /** An expression, or several with commas: a tuple. */
  Expr expressions(boolean conditions, String endName) {
    return expressions(conditions, endName, false);
  }

  private Expr expressions(boolean conditions, String endName, boolean emptyAllowed) {
    List<Expr> items = new ArrayList<>();
    boolean tuple = false;
    while (!atTupleEnd(endName)) {
      items.add(conditions ? expression() : unconditional());
      if (!in.skipOperator(",")) {
        break;
      }
      tuple = true;
    }
    if (items.isEmpty() && !emptyAllowed) {
      throw in.unexpected("an expression");
    }
    return items.size() == 1 && !tuple ? items.getFirst() : new Expr.TupleItems(items);
  }

  private boolean atTupleEnd(String endName) {
    Token token = in.current();
    return token.kind() == Kind.PRINT_END || token.kind() == Kind.BLOCK_END
        || token.isOperator(")") || token.isName(endName);
  }

  private Expr or() {
    Expr left = and();
    while (in.skipName("or")) {
      left = new Expr.Or(left, and());
    }
    return left;
  }

  private Expr and() {
    Expr left = not();
    while (in.skipName("and")) {
      left = new Expr.And(left, not());
    }
    return left;
  }

  private Expr not() {
    if (!in.skipName("not")) {
      return comparison();
    }
    in.enter();
    Expr value = new Expr.Not(not());
    in.leave();
    return value;
  }

  private Expr comparison() {
    Expr first = sum();
    List<Expr.Link> links = new ArrayList<>();
    while (true) {
      Token token = in.current();
      if (token.kind() == Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        in.next();
        links.add(new Expr.Link(token.text(), sum()));
      } else if (in.skipName("in")) {
        links.add(new Expr.Link("in", sum()));
      } else if (token.isName("not") && in.look().isName("in")) {
        in.next();
        in.next();
        links.add(new Expr.Link("not in", sum()));
      } else {
        return links.isEmpty() ? first : new Expr.Comparison(first, links);
      }
    }
  }

  private Expr sum() {
    Expr left = concatenation();
    while (in.current().isOperator("+") || in.current().isOperator("-")) {
      left = new Expr.Binary(in.next().text(), left, concatenation());
    }
    return left;
  }

  private Expr concatenation() {
    Expr first = product();
    if (!in.current().isOperator("~")) {
      return first;
    }
    List<Expr> parts = new ArrayList<>();
    parts.add(first);
    while (in.skipOperator("~")) {
      parts.add(product());
    }
    return new Expr.Concat(parts);
  }

  private Expr product() {
    Expr left = power();
    while (true) {
      Token token = in.current();
      if (!token.isOperator("*") && !token.isOperator("/") && !token.isOperator("//")
          && !token.isOperator("%")) {
        return left;
      }
      in.next();
      left = new Expr.Binary(token.text(), left, power());
    }
  }

  private Expr power() {
    Expr left = unary(true);
    while (in.skipOperator("**")) {
      left = new Expr.Binary("**", left, unary(true));
    }
    return left;
  }

  private Expr unary(boolean withFilters) {
    Token token = in.current();
    Expr value;
    if (token.isOperator("-") || token.isOperator("+")) {
      in.next();
      in.enter();
      Expr operand = unary(false);
      in.leave();
      value = token.isOperator("-") ? new Expr.Negative(operand) : new Expr.Positive(operand);
    } else {
      value = primary();
    }
    value = postfix(value);
    return withFilters ? filtersAndTests(value) : value;
  }

  private Expr primary() {
    Token token = in.next();
    return switch (token.kind()) {
      case NAME -> switch (token.text()) {
        case "true", "True" -> new Expr.Literal(true);
        case "false", "False" -> new Expr.Literal(false);
        case "none", "None" -> new Expr.Literal(None.NONE);
        default -> {
          in.sawName(token.text());
          yield new Expr.Name(token.text());
        }
      };
      case STRING -> {
        StringBuilder text = new StringBuilder(token.text());
        while (in.current().kind() == Kind.STRING) {
          text.append(in.next().text());
        }
        yield new Expr.Literal(text.toString());
      }
      case INTEGER, FLOAT -> new Expr.Literal(token.value());
      case OPERATOR -> switch (token.text()) {
        case "(" -> {
          Expr value = expressions(true, "", true);
          in.expectOperator(")");
          yield value;
        }
        case "[" -> list();
        case "{" -> dict();
        default -> throw expectedExpression(token);
      };
      default -> throw expectedExpression(token);
    };
  }

  private static TemplateException expectedExpression(Token token) {
    return new TemplateException(TemplateException.Kind.SYNTAX, token.line(),
        "expected an expression, got " + token.described());
  }

  private Expr list() {
    List<Expr> items = new ArrayList<>();
    while (!in.current().isOperator("]")) {
      if (!items.isEmpty()) {
        in.expectOperator(",");
        if (in.current().isOperator("]")) {
          break;
        }
      }
      items.add(expression());
    }
    in.expectOperator("]");
    return new Expr.ListItems(items);
  }

  private Expr dict() {
    List<Expr> keys = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (!in.current().isOperator("}")) {
      if (!keys.isEmpty()) {
        in.expectOperator(",");
        if (in.current().isOperator("}")) {
          break;
        }
      }
      keys.add(expression());
      in.expectOperator(":");
      values.add(expression());
    }
    in.expectOperator("}");
    return new Expr.DictItems(keys, values);
  }

  private Expr postfix(Expr start) {
    Expr value = start;
    while (true) {
      if (in.skipOperator(".")) {
        value = afterPoint(value);
      } else if (in.skipOperator("[")) {
        value = subscript(value);
      } else if (in.current().isOperator("(")) {
        value = new Expr.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  private Expr afterPoint(Expr value) {
    Token token = in.current();
    if (token.kind() == Kind.NAME) {
      in.next();
      return new Expr.Attribute(value, token.text());
    }
    Token number = in.expect(Kind.INTEGER, "a name or number after '.'");
    return new Expr.Item(value, new Expr.Literal(number.value()));
  }

  private Expr subscript(Expr target) {
    Expr start = in.current().isOperator(":") ? null : expression();
    if (in.skipOperator(":")) {
      Expr stop = sliceBound();
      Expr step = in.skipOperator(":") ? sliceBound() : null;
      in.expectOperator("]");
      return new Expr.Slice(target, start, stop, step);
    }
    if (start == null) {
      throw in.unexpected("an expression");
    }
    if (in.current().isOperator(",")) {
      List<Expr> items = new ArrayList<>(List.of(start));
      while (in.skipOperator(",")) {
        items.add(expression());
      }
      start = new Expr.TupleItems(items);
    }
    in.expectOperator("]");
    return new Expr.Item(target, start);
  }

  private @Nullable Expr sliceBound() {
    return in.current().isOperator(":") || in.current().isOperator("]") ? null : expression();
  }

  /** Filters, tests and calls behind a value. */
  Expr filtersAndTests(Expr start) {
    Expr value = start;
    while (true) {
      if (in.current().isOperator("|")) {
        in.next();
        value = new Expr.Filtered(value, filter());
      } else if (in.skipName("is")) {
        value = test(value);
      } else if (in.current().isOperator("(")) {
        value = new Expr.Call(value, arguments());
      } else {
        return value;
      }
    }
  }

  /** A filter's name and arguments, behind its bar. */
  FilterCall filter() {
    String name = dottedName("the name of a filter");
    return new FilterCall(name, in.current().isOperator("(") ? arguments() : Arguments.NONE);
  }

  private String dottedName(String described) {
    StringBuilder name = new StringBuilder(in.expect(Kind.NAME, described).text());
    while (in.skipOperator(".")) {
      name.append('.').append(in.expect(Kind.NAME, "a name").text());
    }
    return name.toString();
  }

  private Expr test(Expr value) {
    boolean negated = in.skipName("not");
    String name = dottedName("the name of a test");
    Arguments arguments = Arguments.NONE;
    Token token = in.current();
    boolean argument = switch (token.kind()) {
      case NAME -> !NOT_A_TEST_ARGUMENT.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
    if (token.isOperator("(")) {
      arguments = arguments();
    } else if (argument) {
      if (token.isName("is")) {
        throw in.error("tests cannot be chained with 'is'");
      }
      Expr operand = postfix(primary());
      arguments = new Arguments(List.of(new Argument(Spread.NONE, "", operand)));
    }
    Expr tested = new Expr.Tested(value, name, arguments);
    return negated ? new Expr.Not(tested) : tested;
  }

  private Arguments arguments() {
    in.expectOperator("(");
    List<Argument> list = new ArrayList<>();
    boolean keywords = false;
    boolean dict = false;
    while (!in.current().isOperator(")")) {
      if (!list.isEmpty()) {
        in.expectOperator(",");
        if (in.current().isOperator(")")) {
          break;
        }
      }
      Spread spread = in.skipOperator("*") ? Spread.LIST
          : in.skipOperator("**") ? Spread.DICT : Spread.NONE;
      String keyword = "";
      if (spread == Spread.NONE && in.current().kind() == Kind.NAME && in.look().isOperator("=")) {
        keyword = in.next().text();
        in.next();
        keywords = true;
      }
      boolean misplaced = spread == Spread.DICT || !keyword.isEmpty() ? dict : keywords || dict;
      if (misplaced) {
        throw in.error("an argument by position follows one by name");
      }
      dict |= spread == Spread.DICT;
      list.add(new Argument(spread, keyword, expression()));
    }
    in.expectOperator(")");
    return new Arguments(list);
  }
}
