package io.headrace.text.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Jinja's tests, what stands behind {@code is}. */
final class Predicates {
  /** What a test asks of a value. */
  interface Predicate {
    boolean holds(Evaluator evaluator, Object value, CallArguments arguments);
  }

  private interface Simple {
    boolean holds(Evaluator evaluator, Object value);
  }

  static final Map<String, Predicate> ALL = all();

  private static final Set<String> WITHOUT_INDEX = Set.of("dict_keys", "dict_values", "dict_items");

  private Predicates() {}

  private static Map<String, Predicate> all() {
    Map<String, Predicate> all = new HashMap<>();
    simple(all, "defined", (ev, v) -> !(v instanceof Undefined));
    simple(all, "undefined", (ev, v) -> v instanceof Undefined);
    simple(all, "none", (ev, v) -> v == None.NONE);
    simple(all, "boolean", (ev, v) -> v instanceof Boolean);
    simple(all, "true", (ev, v) -> Boolean.TRUE.equals(v));
    simple(all, "false", (ev, v) -> Boolean.FALSE.equals(v));
    simple(all, "integer", (ev, v) -> Numbers.isWhole(v) && !(v instanceof Boolean));
    simple(all, "float", (ev, v) -> v instanceof Double);
    simple(all, "number", (ev, v) -> Numbers.isNumber(v));
    simple(all, "string", (ev, v) -> v instanceof String);
    simple(all, "mapping", (ev, v) -> v instanceof Dict);
    simple(all, "iterable", (ev, v) -> Iteration.isIterable(v));
    simple(all, "sequence", (ev, v) -> Iteration.length(v) >= 0
        && !WITHOUT_INDEX.contains(Types.name(v)));
    simple(all, "callable", (ev, v) -> v instanceof Callable || v instanceof Undefined);
    simple(all, "escaped", (ev, v) -> false);
    simple(all, "lower", (ev, v) -> cased(ev, "islower", v));
    simple(all, "upper", (ev, v) -> cased(ev, "isupper", v));
    simple(all, "odd", (ev, v) -> remainderIs(ev, v, 2L, 1L));
    simple(all, "even", (ev, v) -> remainderIs(ev, v, 2L, 0L));
    simple(all, "filter", (ev, v) -> v instanceof String name && Filters.ALL.containsKey(name));
    simple(all, "test", (ev, v) -> v instanceof String name && isTest(name));
    all.put("divisibleby", (ev, v, arguments) ->
        remainderIs(ev, v, other(ev, "divisibleby", arguments), 0L));
    all.put("sameas", (ev, v, arguments) -> same(v, other(ev, "sameas", arguments)));
    all.put("in", (ev, v, arguments) -> ev.compare("in", v, other(ev, "in", arguments)));
    comparison(all, "==", "eq", "equalto");
    comparison(all, "!=", "ne");
    comparison(all, "<", "lt", "lessthan");
    comparison(all, "<=", "le");
    comparison(all, ">", "gt", "greaterthan");
    comparison(all, ">=", "ge");
    return Map.copyOf(all);
  }

  private static boolean isTest(String name) {
    return ALL.containsKey(name);
  }

  private static void simple(Map<String, Predicate> all, String name, Simple test) {
    all.put(name, (evaluator, value, arguments) -> {
      arguments.bind(evaluator.run(), name);
      return test.holds(evaluator, value);
    });
  }

  private static void comparison(Map<String, Predicate> all, String operator, String... names) {
    Predicate predicate = (evaluator, value, arguments) ->
        evaluator.compare(operator, value, other(evaluator, operator, arguments));
    all.put(operator, predicate);
    for (String name : names) {
      all.put(name, predicate);
    }
  }

  private static Object other(Evaluator evaluator, String test, CallArguments arguments) {
    return arguments.bind(evaluator.run(), test, "other").required(0);
  }

  private static boolean cased(Evaluator evaluator, String how, Object value) {
    return StringPredicates.holds(how, Printing.text(evaluator.run(), value));
  }

  private static boolean remainderIs(Evaluator evaluator, Object value, Object by, long wanted) {
    Run run = evaluator.run();
    return Compare.equal(run, Arithmetic.apply(run, "%", value, by), wanted);
  }

  /** Identity, as far as values have one: equal small values are the same. */
  private static boolean same(Object a, Object b) {
    return a == b || a.getClass() == b.getClass()
        && (a instanceof String || a instanceof Long || a instanceof Boolean) && a.equals(b);
  }
}
