package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Filters on lists, dicts and other things with elements. */
final class SequenceFilters {
  private SequenceFilters() {}

  static void addTo(Map<String, Filters.Filter> all) {
    all.put("length", SequenceFilters::length);
    all.put("count", SequenceFilters::length);
    all.put("first", SequenceFilters::first);
    all.put("last", SequenceFilters::last);
    all.put("list", (ev, v, a) -> {
      a.bind(ev.run(), "list");
      return ListValue.list(Iteration.toList(ev.run(), v));
    });
    all.put("join", SequenceFilters::join);
    all.put("reverse", SequenceFilters::reverse);
    all.put("sort", SequenceFilters::sort);
    all.put("dictsort", SequenceFilters::dictSort);
    all.put("items", SequenceFilters::items);
    all.put("min", (ev, v, a) -> extreme(ev, v, a, "<"));
    all.put("max", (ev, v, a) -> extreme(ev, v, a, ">"));
    all.put("sum", SequenceFilters::sum);
    all.put("batch", SequenceFilters::batch);
    all.put("slice", SequenceFilters::slice);
    all.put("groupby", SequenceFilters::groupBy);
  }

  private static Object length(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "length");
    if (value instanceof String text) {
      ev.run().read(text);
    }
    int length = Iteration.length(value);
    if (length < 0) {
      throw ev.run().error("object of type '" + Types.name(value) + "' has no len()");
    }
    return (long) length;
  }

  private static Object first(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "first");
    Iterator<Object> items = Iteration.of(ev.run(), value);
    return items.hasNext() ? items.next()
        : new Undefined("No first item, sequence was empty.");
  }

  private static Object last(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "last");
    if (value instanceof Stream) {
      throw ev.run().error("'generator' object is not reversible");
    }
    List<Object> items = Iteration.toList(ev.run(), value);
    return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.getLast();
  }

  private static Object join(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "join", "d", "attribute");
    List<Object> items = Iteration.toList(run, value);
    if (given.given(1)) {
      Attributes attributes = Attributes.of(run, given.required(1), null);
      items.replaceAll(item -> attributes.from(run, item));
    }
    return Printing.joined(run, items, Printing.text(run, given.value(0, "")));
  }

  private static Object reverse(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    arguments.bind(run, "reverse");
    if (value instanceof String) {
      return Lookup.slice(run, value, None.NONE, None.NONE, -1L);
    }
    List<Object> items = Iteration.toList(run, value);
    Collections.reverse(items);
    return new Stream(items.iterator());
  }

  private static Object sort(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given =
        arguments.bind(run, "sort", "reverse", "case_sensitive", "attribute");
    boolean caseMatters = given.truth(1, false);
    List<Attributes> keys = new ArrayList<>();
    Object path = given.value(2, None.NONE);
    if (path instanceof String text) {
      Splitting.at(run, text, ",", Long.MAX_VALUE, false)
          .forEach(part -> keys.add(Attributes.of(run, part, null)));
    } else {
      keys.add(Attributes.of(run, path, null));
    }
    return ListValue.list(Compare.sorted(run, Iteration.toList(run, value), item -> {
      List<Object> parts = new ArrayList<>(keys.size());
      keys.forEach(key -> parts.add(key.keyFrom(run, item, caseMatters)));
      return parts.size() == 1 && !(path instanceof String) ? parts.getFirst()
          : ListValue.list(parts);
    }, given.truth(0, false)));
  }

  private static Object dictSort(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "dictsort", "case_sensitive", "by", "reverse");
    boolean caseMatters = given.truth(0, false);
    String by = given.text(1, "key");
    if (!by.equals("key") && !by.equals("value")) {
      throw run.error("You can only sort by either \"key\" or \"value\"");
    }
    if (!(value instanceof Dict dict)) {
      throw value instanceof Undefined undefined ? run.error(undefined.reason())
          : run.error("dictsort needs a dict, not '" + Types.name(value) + "'");
    }
    int part = by.equals("key") ? 0 : 1;
    List<Object> pairs = Iteration.toList(run, new DictView(dict, DictView.Kind.ITEMS));
    return ListValue.list(Compare.sorted(run, pairs,
        pair -> Attributes.key(run, ((ListValue) pair).items().get(part), caseMatters),
        given.truth(2, false)));
  }

  private static Object items(Evaluator ev, Object value, CallArguments arguments) {
    arguments.bind(ev.run(), "items");
    return switch (value) {
      case Undefined undefined -> new Stream(Collections.emptyIterator());
      case Dict dict -> new Stream(new DictView(dict, DictView.Kind.ITEMS).iterator());
      default -> throw ev.run().error("Can only get item pairs from a mapping.");
    };
  }

  private static Object extreme(Evaluator ev, Object value, CallArguments arguments,
      String operator) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, operator.equals("<") ? "min" : "max",
        "case_sensitive", "attribute");
    boolean caseMatters = given.truth(0, false);
    Attributes attributes = Attributes.of(run, given.value(1, None.NONE), null);
    Iterator<Object> items = Iteration.of(run, value);
    if (!items.hasNext()) {
      return new Undefined("No aggregated item, sequence was empty.");
    }
    Object best = items.next();
    Object bestKey = attributes.keyFrom(run, best, caseMatters);
    while (items.hasNext()) {
      run.work(1);
      Object item = items.next();
      Object key = attributes.keyFrom(run, item, caseMatters);
      if (Compare.ordered(run, operator, key, bestKey)) {
        best = item;
        bestKey = key;
      }
    }
    return best;
  }

  private static Object sum(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "sum", "attribute", "start");
    Attributes attributes = Attributes.of(run, given.value(0, None.NONE), null);
    Object total = given.value(1, 0L);
    if (total instanceof String) {
      throw run.error("sum() can't sum strings [use ''.join(seq) instead]");
    }
    Iterator<Object> items = Iteration.of(run, value);
    while (items.hasNext()) {
      run.work(1);
      total = Arithmetic.apply(run, "+", total, attributes.from(run, items.next()));
    }
    return total;
  }

  private static Object batch(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "batch", "linecount", "fill_with");
    long size = given.whole(0);
    List<Object> items = Iteration.toList(run, value);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : items) {
      if (batch.size() == size) {
        batches.add(ListValue.list(batch));
        batch = new ArrayList<>();
      }
      run.elements(2);
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      fill(run, batch, size, given);
      batches.add(ListValue.list(batch));
    }
    return new Stream(batches.iterator());
  }

  private static void fill(Run run, List<Object> part, long size, CallArguments.Bound given) {
    if (given.given(1) && part.size() < size) {
      run.elements(size - part.size());
      while (part.size() < size) {
        part.add(given.required(1));
      }
    }
  }

  private static Object slice(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given = arguments.bind(run, "slice", "slices", "fill_with");
    long count = given.whole(0);
    List<Object> items = Iteration.toList(run, value);
    if (count == 0) {
      throw run.error("integer division or modulo by zero");
    }
    run.elements(Math.max(0, count) * 2);
    List<Object> slices = new ArrayList<>();
    int from = 0;
    for (long i = 0; i < count; i++) {
      int size = (int) (items.size() / count + (i < items.size() % count ? 1 : 0));
      List<Object> part = new ArrayList<>(items.subList(from, from + size));
      from += size;
      if (i >= items.size() % count) {
        fill(run, part, size + 1L, given);
      }
      slices.add(ListValue.list(part));
    }
    return new Stream(slices.iterator());
  }

  private static Object groupBy(Evaluator ev, Object value, CallArguments arguments) {
    Run run = ev.run();
    CallArguments.Bound given =
        arguments.bind(run, "groupby", "attribute", "default", "case_sensitive");
    boolean caseMatters = given.truth(2, false);
    Attributes attributes = Attributes.of(run, given.required(0),
        given.given(1) ? given.required(1) : null);
    List<Object> sorted = Compare.sorted(run, Iteration.toList(run, value),
        item -> attributes.keyFrom(run, item, caseMatters), false);
    Map<Object, List<Object>> groups = new LinkedHashMap<>();
    for (Object item : sorted) {
      Object key = Dict.hashable(run, attributes.keyFrom(run, item, caseMatters));
      groups.computeIfAbsent(key, k -> new ArrayList<>()).add(item);
    }
    List<Object> result = new ArrayList<>(run.elements(groups.size()));
    groups.values().forEach(members -> result.add(
        new Group(attributes.from(run, members.getFirst()), ListValue.list(members))));
    return ListValue.list(result);
  }
}
