package io.headrace.text.jinja;

import io.headrace.text.jinja.Expr.Argument;
import io.headrace.text.jinja.Expr.Arguments;
import io.headrace.text.jinja.Expr.FilterCall;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Works out expressions, for one rendering. */
final class Evaluator {
  private final Run run;

  Evaluator(Run run) {
    this.run = run;
  }

  Run run() {
    return run;
  }

  Object evaluate(Expr expression, Scope scope) {
    run.enter();
    Object value = switch (expression) {
      case Expr.Literal literal -> literal.value();
      case Expr.Name name -> scope.get(name.name());
      case Expr.ListItems list -> ListValue.list(all(list.items(), scope));
      case Expr.TupleItems tuple -> new ListValue(all(tuple.items(), scope), true);
      case Expr.DictItems dict -> dict(dict, scope);
      case Expr.Attribute attribute ->
          Lookup.attribute(run, evaluate(attribute.target(), scope), attribute.name());
      case Expr.Item item ->
          Lookup.item(run, evaluate(item.target(), scope), evaluate(item.index(), scope));
      case Expr.Slice slice -> Lookup.slice(run, evaluate(slice.target(), scope),
          orNone(slice.start(), scope), orNone(slice.stop(), scope), orNone(slice.step(), scope));
      case Expr.Call call ->
          call(evaluate(call.callee(), scope), arguments(call.arguments(), scope));
      case Expr.Filtered filtered ->
          filter(filtered.filter(), evaluate(filtered.value(), scope), scope);
      case Expr.Tested tested -> test(tested.test(), evaluate(tested.value(), scope),
          arguments(tested.arguments(), scope));
      case Expr.Negative negative ->
          Arithmetic.negative(run, evaluate(negative.value(), scope));
      case Expr.Positive positive ->
          Arithmetic.positive(run, evaluate(positive.value(), scope));
      case Expr.Not not -> !Compare.truth(run, evaluate(not.value(), scope));
      case Expr.Binary binary -> binary(binary, scope);
      case Expr.Comparison comparison -> compared(comparison, scope);
      case Expr.And and -> {
        Object left = evaluate(and.left(), scope);
        yield Compare.truth(run, left) ? evaluate(and.right(), scope) : left;
      }
      case Expr.Or or -> {
        Object left = evaluate(or.left(), scope);
        yield Compare.truth(run, left) ? left : evaluate(or.right(), scope);
      }
      case Expr.Concat concat -> Printing.joined(run, all(concat.parts(), scope), "");
      case Expr.Conditional conditional -> {
        if (Compare.truth(run, evaluate(conditional.test(), scope))) {
          yield evaluate(conditional.then(), scope);
        }
        yield conditional.otherwise() != null ? evaluate(conditional.otherwise(), scope)
            : new Undefined("the inline if-expression evaluated to false and no else section was"
                + " defined.");
      }
    };
    run.leave();
    return value;
  }

  /**
   * Works through a chain of operators from its left end without nesting, as templates join dozens
   * of texts with {@code +}.
   */
  private Object binary(Expr.Binary last, Scope scope) {
    Deque<Expr.Binary> chain = new ArrayDeque<>();
    Expr first = last;
    while (first instanceof Expr.Binary link) {
      run.work(1);
      chain.push(link);
      first = link.left();
    }
    Object value = evaluate(first, scope);
    for (Expr.Binary link : chain) {
      value = Arithmetic.apply(run, link.operator(), value, evaluate(link.right(), scope));
    }
    return value;
  }

  private Object orNone(@Nullable Expr expression, Scope scope) {
    return expression == null ? None.NONE : evaluate(expression, scope);
  }

  private List<Object> all(List<Expr> expressions, Scope scope) {
    List<Object> values = new ArrayList<>(run.elements(expressions.size()));
    for (Expr expression : expressions) {
      values.add(evaluate(expression, scope));
    }
    return values;
  }

  private Dict dict(Expr.DictItems items, Scope scope) {
    Dict dict = new Dict(run.elements(items.keys().size()));
    for (int i = 0; i < items.keys().size(); i++) {
      Object key = evaluate(items.keys().get(i), scope);
      dict.put(run, key, evaluate(items.values().get(i), scope));
    }
    return dict;
  }

  private boolean compared(Expr.Comparison comparison, Scope scope) {
    Object left = evaluate(comparison.first(), scope);
    for (Expr.Link link : comparison.links()) {
      Object right = evaluate(link.operand(), scope);
      if (!compare(link.operator(), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  /** Whether {@code left OPERATOR right}, {@code in} and {@code not in} included. */
  boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Compare.equal(run, left, right);
      case "!=" -> !Compare.equal(run, left, right);
      case "in" -> Compare.contains(run, right, left);
      case "not in" -> !Compare.contains(run, right, left);
      default -> Compare.ordered(run, operator, left, right);
    };
  }

  CallArguments arguments(Arguments arguments, Scope scope) {
    if (arguments.list().isEmpty()) {
      return CallArguments.NONE;
    }
    List<Object> positional = new ArrayList<>();
    Map<String, Object> named = new LinkedHashMap<>();
    for (Argument argument : arguments.list()) {
      Object value = evaluate(argument.value(), scope);
      switch (argument.spread()) {
        case LIST -> positional.addAll(Iteration.toList(run, value));
        case DICT -> {
          if (!(value instanceof Dict dict)) {
            throw run.error("argument after ** must be a mapping, not " + Types.name(value));
          }
          for (Dict.Entry entry : dict.entries()) {
            if (!(entry.key() instanceof String name)) {
              throw run.error("keywords must be strings");
            }
            name(named, name, entry.value());
          }
        }
        case NONE -> {
          if (argument.keyword().isEmpty()) {
            positional.add(value);
          } else {
            name(named, argument.keyword(), value);
          }
        }
      }
    }
    return new CallArguments(positional, named);
  }

  private void name(Map<String, Object> named, String name, Object value) {
    if (named.put(name, value) != null) {
      throw run.error("the keyword argument '" + name + "' is given twice");
    }
  }

  Object call(Object callee, CallArguments arguments) {
    int line = run.line();
    Object value = switch (callee) {
      case Callable callable -> callable.call(this, arguments);
      case Undefined undefined -> throw run.error(undefined.reason());
      default -> throw run.error("'" + Types.name(callee) + "' object is not callable");
    };
    run.at(line);
    return value;
  }

  Object filter(FilterCall filter, Object value, Scope scope) {
    return filter(filter.name(), value, arguments(filter.arguments(), scope));
  }

  Object filter(String name, Object value, CallArguments arguments) {
    Filters.Filter filter = Filters.ALL.get(name);
    if (filter == null) {
      throw run.error("No filter named '" + name + "'.");
    }
    return filter.apply(this, value, arguments);
  }

  boolean test(String name, Object value, CallArguments arguments) {
    Predicates.Predicate predicate = Predicates.ALL.get(name);
    if (predicate == null) {
      throw run.error("No test named '" + name + "'.");
    }
    return predicate.holds(this, value, arguments);
  }
}
