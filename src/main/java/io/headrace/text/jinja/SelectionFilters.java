package io.headrace.text.jinja;

import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Filters that yield elements one at a time: map, select and their kin. */
final class SelectionFilters {
  private SelectionFilters() {}

  static void addTo(Map<String, Filters.Filter> all) {
    all.put("map", SelectionFilters::map);
    all.put("select", (ev, v, a) -> select(ev, v, a, "select", false, true));
    all.put("reject", (ev, v, a) -> select(ev, v, a, "reject", false, false));
    all.put("selectattr", (ev, v, a) -> select(ev, v, a, "selectattr", true, true));
    all.put("rejectattr", (ev, v, a) -> select(ev, v, a, "rejectattr", true, false));
    all.put("unique", SelectionFilters::unique);
  }

  /** Yields what the step makes of each element; where that is null, nothing. */
  private static Stream stream(Run run, Object value, UnaryOperator<@Nullable Object> step) {
    Iterator<Object> items = value == None.NONE ? java.util.Collections.emptyIterator()
        : Iteration.of(run, value);
    return new Stream(new Iterator<>() {
      private @Nullable Object next;

      @Override
      public boolean hasNext() {
        run.enter();
        while (next == null && items.hasNext()) {
          run.work(1);
          next = step.apply(items.next());
        }
        run.leave();
        return next != null;
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        Object taken = next;
        next = null;
        return taken;
      }
    });
  }

  /** The arguments behind the first so many. */
  private static CallArguments rest(CallArguments arguments, int from) {
    int size = arguments.positional().size();
    return new CallArguments(
        arguments.positional().subList(Math.min(from, size), size), arguments.named());
  }

  private static Object map(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    if (!Compare.truth(run, value)) {
      return stream(run, ListValue.list(java.util.List.of()), item -> item);
    }
    if (arguments.positional().isEmpty() && arguments.named().containsKey("attribute")) {
      CallArguments.Bound given = arguments.bind(run, "map", "attribute", "default");
      Attributes attributes = Attributes.of(run, given.required(0),
          given.given(1) ? given.required(1) : null);
      return stream(run, value, item -> attributes.from(run, item));
    }
    if (arguments.positional().isEmpty() || !(arguments.positional().getFirst() instanceof String
        name)) {
      throw run.error("map requires a filter argument");
    }
    CallArguments rest = rest(arguments, 1);
    return stream(run, value, item -> ev.filter(name, item, rest));
  }

  private static Object select(Evaluator ev, Object value, CallArguments arguments, String filter,
      boolean byAttribute, boolean wanted) {
    Run run = ev.run();
    int skipped = byAttribute ? 1 : 0;
    if (!Compare.truth(run, value)) {
      return stream(run, ListValue.list(java.util.List.of()), item -> item);
    }
    if (arguments.positional().size() < skipped) {
      throw run.error(filter + " needs the name of an attribute");
    }
    Attributes attributes = Attributes.of(run,
        byAttribute ? arguments.positional().getFirst() : None.NONE, null);
    Object test = arguments.positional().size() > skipped ? arguments.positional().get(skipped)
        : None.NONE;
    CallArguments rest = rest(arguments, skipped + 1);
    if (test != None.NONE && !(test instanceof String)) {
      throw run.error(filter + " needs the name of a test");
    }
    return stream(run, value, item -> {
      Object tested = attributes.from(run, item);
      boolean holds = test instanceof String name ? ev.test(name, tested, rest)
          : Compare.truth(run, tested);
      return holds == wanted ? item : null;
    });
  }

  private static Object unique(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "unique", "case_sensitive", "attribute");
    boolean caseMatters = given.truth(0, false);
    Attributes attributes = Attributes.of(run, given.value(1, None.NONE), null);
    Set<Object> seen = new HashSet<>();
    // Checked at once, as a value without elements would otherwise fail only when it is read.
    Iteration.of(run, value);
    return stream(run, value, item -> {
      run.elements(1);
      return seen.add(Dict.hashable(run, attributes.keyFrom(run, item, caseMatters))) ? item
          : null;
    });
  }
}
