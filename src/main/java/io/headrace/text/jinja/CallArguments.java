package io.headrace.text.jinja;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Evaluated arguments of a call. */
record CallArguments(List<Object> positional, Map<String, Object> named) {
  static final CallArguments NONE = new CallArguments(List.of(), Map.of());

  /** Puts the arguments under their parameters' names, as Python does; none may be left over. */
  Bound bind(Run run, String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw run.error(function + "() takes at most " + parameters.length + " arguments ("
          + positional.size() + " given)");
    }
    @Nullable Object[] values = new @Nullable Object[parameters.length];
    for (int i = 0; i < positional.size(); i++) {
      values[i] = positional.get(i);
    }
    named.forEach((name, value) -> {
      int at = Arrays.asList(parameters).indexOf(name);
      if (at < 0) {
        throw run.error(function + "() got an unexpected keyword argument '" + name + "'");
      }
      if (values[at] != null) {
        throw run.error(function + "() got multiple values for argument '" + name + "'");
      }
      values[at] = value;
    });
    return new Bound(run, function, parameters, values);
  }

  /** Arguments by parameter; an absent one takes the default that the reader names. */
  static final class Bound {
    private final Run run;
    private final String function;
    private final String[] parameters;
    private final @Nullable Object[] values;

    private Bound(Run run, String function, String[] parameters, @Nullable Object[] values) {
      this.run = run;
      this.function = function;
      this.parameters = parameters;
      this.values = values;
    }

    boolean has(int index) {
      return values[index] != null;
    }

    /** Whether an argument is there and not None. */
    boolean given(int index) {
      return values[index] != null && values[index] != None.NONE;
    }

    Object required(int index) {
      Object value = values[index];
      if (value == null) {
        throw run.error(function + "() is missing its argument '" + parameters[index] + "'");
      }
      return value;
    }

    Object value(int index, Object standard) {
      Object value = values[index];
      return value == null ? standard : value;
    }

    boolean truth(int index, boolean standard) {
      Object value = values[index];
      return value == null ? standard : Compare.truth(run, value);
    }

    long whole(int index, long standard) {
      Object value = values[index];
      return value == null ? standard : whole(index);
    }

    long whole(int index) {
      Object value = required(index);
      if (!Numbers.isWhole(value)) {
        throw wrongType(index, "an integer", value);
      }
      return Numbers.clamp(value);
    }

    String text(int index, String standard) {
      return values[index] == null ? standard : text(index);
    }

    String text(int index) {
      Object value = required(index);
      if (value instanceof String text) {
        return text;
      }
      throw wrongType(index, "a string", value);
    }

    private TemplateException wrongType(int index, String wanted, Object value) {
      return run.error(function + "() needs " + wanted + " as '" + parameters[index] + "', not '"
          + Types.name(value) + "'");
    }
  }
}
