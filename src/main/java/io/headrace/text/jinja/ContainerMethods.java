package io.headrace.text.jinja;

import java.util.Iterator;

/** The methods of Python's list, tuple and dict that change nothing. */
final class ContainerMethods {
  private ContainerMethods() {}

  static Object call(Evaluator evaluator, Object receiver, String name, CallArguments arguments) {
    Run run = evaluator.run();
    return receiver instanceof Dict dict ? ofDict(run, dict, name, arguments)
        : ofList(run, (ListValue) receiver, name, arguments);
  }

  private static Object ofDict(Run run, Dict dict, String name, CallArguments arguments) {
    if (name.equals("get")) {
      CallArguments.Bound given = arguments.bind(run, name, "key", "default");
      Object value = dict.get(run, given.required(0));
      return value != null ? value : given.value(1, None.NONE);
    }
    arguments.bind(run, name);
    return switch (name) {
      case "items" -> new DictView(dict, DictView.Kind.ITEMS);
      case "keys" -> new DictView(dict, DictView.Kind.KEYS);
      case "values" -> new DictView(dict, DictView.Kind.VALUES);
      default -> dict;
    };
  }

  private static Object ofList(Run run, ListValue list, String name, CallArguments arguments) {
    switch (name) {
      case "index" -> {
        CallArguments.Bound given = arguments.bind(run, name, "value", "start", "stop");
        Object wanted = given.required(0);
        int size = list.items().size();
        long start = given.whole(1, 0);
        long stop = given.whole(2, size);
        long from = start < 0 ? Math.max(0, start + size) : start;
        long to = Math.min(size, stop < 0 ? stop + size : stop);
        for (long i = from; i < to; i++) {
          run.work(1);
          Object item = list.items().get((int) i);
          if (item == wanted || Compare.equal(run, item, wanted)) {
            return i;
          }
        }
        throw run.error(Printing.repr(run, wanted) + " is not in " + Types.name(list));
      }
      case "count" -> {
        Object wanted = arguments.bind(run, name, "value").required(0);
        long count = 0;
        for (Iterator<Object> items = list.items().iterator(); items.hasNext(); ) {
          run.work(1);
          Object item = items.next();
          count += item == wanted || Compare.equal(run, item, wanted) ? 1 : 0;
        }
        return count;
      }
      default -> {
        arguments.bind(run, name);
        return list;
      }
    }
  }
}
