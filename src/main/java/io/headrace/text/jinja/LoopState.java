package io.headrace.text.jinja;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code loop} variable. Looks one element ahead only when asked, as the filter of a loop may
 * depend on its body.
 */
final class LoopState implements Callable {
  private final Run run;
  private final int depth;
  private final Callable.@Nullable Body recursion;
  private Iterator<Object> items;
  private int length;
  private int index = -1;
  private @Nullable Object previous;
  private @Nullable Object current;
  private @Nullable Object upcoming;
  private @Nullable Object lastChecked;

  /**
   * A loop over elements.
   *
   * @param length how many there are, or -1 to count them when asked
   * @param recursion what calling the loop does; null where it is not recursive
   */
  LoopState(Run run, Iterator<Object> items, int length, int depth,
      Callable.@Nullable Body recursion) {
    this.run = run;
    this.items = items;
    this.length = length;
    this.depth = depth;
    this.recursion = recursion;
  }

  int index() {
    return index + 1;
  }

  /** The next element, or null at the end. */
  @Nullable Object advance() {
    Object next = peek();
    if (next != null) {
      upcoming = null;
      previous = current;
      current = next;
      index++;
    }
    return next;
  }

  private @Nullable Object peek() {
    if (upcoming == null && items.hasNext()) {
      upcoming = items.next();
    }
    return upcoming;
  }

  private int length() {
    if (length < 0) {
      List<Object> rest = new ArrayList<>();
      while (items.hasNext()) {
        run.growList(rest.size(), 1);
        rest.add(items.next());
      }
      items = rest.iterator();
      length = rest.size() + index + 1 + (upcoming == null ? 0 : 1);
    }
    return length;
  }

  @Nullable Object attribute(String name) {
    return switch (name) {
      case "index" -> (long) index + 1;
      case "index0" -> (long) index;
      case "first" -> index == 0;
      case "last" -> peek() == null;
      case "length" -> (long) length();
      case "revindex" -> (long) length() - index;
      case "revindex0" -> (long) length() - index - 1;
      case "depth" -> (long) depth + 1;
      case "depth0" -> (long) depth;
      case "previtem" -> previous == null ? new Undefined("there is no previous item") : previous;
      case "nextitem" -> {
        Object next = peek();
        yield next == null ? new Undefined("there is no next item") : next;
      }
      case "cycle" -> new Callable.Function("cycle", (evaluator, arguments) -> {
        if (arguments.positional().isEmpty()) {
          throw run.error("no items for cycling given");
        }
        return arguments.positional().get(index % arguments.positional().size());
      });
      case "changed" -> new Callable.Function("changed", (evaluator, arguments) -> {
        Object checked = new ListValue(arguments.positional(), true);
        boolean changed = lastChecked == null || !Compare.equal(run, lastChecked, checked);
        lastChecked = checked;
        return changed;
      });
      default -> null;
    };
  }

  @Override
  public Object call(Evaluator evaluator, CallArguments arguments) {
    if (recursion == null) {
      throw run.error("The loop must have the 'recursive' marker to be called recursively.");
    }
    return recursion.call(evaluator, arguments);
  }
}
