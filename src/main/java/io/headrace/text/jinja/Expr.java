package io.headrace.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** An expression of a template. */
sealed interface Expr {
  record Literal(Object value) implements Expr {}

  record Name(String name) implements Expr {}

  record ListItems(List<Expr> items) implements Expr {}

  record TupleItems(List<Expr> items) implements Expr {}

  record DictItems(List<Expr> keys, List<Expr> values) implements Expr {}

  /** {@code target.name}: attributes before items. */
  record Attribute(Expr target, String name) implements Expr {}

  /** {@code target[index]}: items before attributes. */
  record Item(Expr target, Expr index) implements Expr {}

  record Slice(Expr target, @Nullable Expr start, @Nullable Expr stop, @Nullable Expr step)
      implements Expr {}

  record Call(Expr callee, Arguments arguments) implements Expr {}

  record Filtered(Expr value, FilterCall filter) implements Expr {}

  record Tested(Expr value, String test, Arguments arguments) implements Expr {}

  record Negative(Expr value) implements Expr {}

  record Positive(Expr value) implements Expr {}

  record Not(Expr value) implements Expr {}

  record Binary(String operator, Expr left, Expr right) implements Expr {}

  /** {@code a < b <= c}: true when every link holds, each operand evaluated once. */
  record Comparison(Expr first, List<Link> links) implements Expr {}

  record And(Expr left, Expr right) implements Expr {}

  record Or(Expr left, Expr right) implements Expr {}

  record Concat(List<Expr> parts) implements Expr {}

  record Conditional(Expr test, Expr then, @Nullable Expr otherwise) implements Expr {}

  /** One comparison; the operator is {@code in} and {@code not in} too. */
  record Link(String operator, Expr operand) {}

  record FilterCall(String name, Arguments arguments) {}

  record Arguments(List<Argument> list) {
    static final Arguments NONE = new Arguments(List.of());
  }

  /** One argument; {@code keyword} is empty for a positional one. */
  record Argument(Spread spread, String keyword, Expr value) {}

  /** Whether an argument is one value, {@code *values} or {@code **values}. */
  enum Spread {
    NONE,
    LIST,
    DICT
  }
}
