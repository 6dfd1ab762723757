package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntFunction;

/** Running through values as Python does. */
final class Iteration {
  private Iteration() {}

  static boolean isIterable(Object value) {
    return switch (value) {
      case String s -> true;
      case ListValue l -> true;
      case Group g -> true;
      case Dict d -> true;
      case DictView v -> true;
      case Range r -> true;
      case Stream s -> true;
      case Undefined u -> true;
      default -> false;
    };
  }

  static Iterator<Object> of(Run run, Object value) {
    return switch (value) {
      case ListValue list -> list.items().iterator();
      case Group group -> group.pair().items().iterator();
      case Dict dict -> new DictView(dict, DictView.Kind.KEYS).iterator();
      case DictView view -> view.iterator();
      case Range range -> indexed(range.size(), i -> range.at(i));
      case Stream stream -> stream.items();
      case Undefined undefined -> Collections.emptyIterator();
      case String text -> {
        run.read(text);
        yield text.codePoints().mapToObj(c -> (Object) Character.toString(c)).iterator();
      }
      default -> throw run.error("'" + Types.name(value) + "' object is not iterable");
    };
  }

  private static Iterator<Object> indexed(int size, IntFunction<Object> at) {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < size;
      }

      @Override
      public Object next() {
        return at.apply(next++);
      }
    };
  }

  /** All elements, in a list of the caller's own. */
  static List<Object> toList(Run run, Object value) {
    if (value instanceof ListValue list) {
      run.elements(list.items().size());
      return new ArrayList<>(list.items());
    }
    List<Object> items = new ArrayList<>();
    Iterator<Object> from = of(run, value);
    while (from.hasNext()) {
      // A text of one character costs more than the reference to it.
      run.growList(items.size(), value instanceof String ? 4 : 1);
      items.add(from.next());
    }
    return items;
  }

  /** {@code len(value)}, or -1 where Python has none. */
  static int length(Object value) {
    return switch (value) {
      case String text -> Chars.length(text);
      case ListValue list -> list.items().size();
      case Group group -> 2;
      case Dict dict -> dict.size();
      case DictView view -> view.dict().size();
      case Range range -> range.size();
      case Undefined undefined -> 0;
      default -> -1;
    };
  }
}
