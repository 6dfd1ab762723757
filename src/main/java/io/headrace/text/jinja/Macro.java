package io.headrace.text.jinja;

import io.headrace.text.jinja.Stmt.MacroCode;
import io.headrace.text.jinja.Stmt.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A macro and the scope it was defined in; its call gives the text it prints. */
record Macro(MacroCode code, Scope scope, Renderer renderer) implements Callable {
  @Override
  public Object call(Evaluator evaluator, CallArguments arguments) {
    Run run = evaluator.run();
    Scope inner = scope.inner();
    List<Parameter> parameters = code.parameters();
    List<Object> positional = arguments.positional();
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      Object value = i < positional.size() ? positional.get(i) : named.remove(parameter.name());
      if (value == null) {
        value = parameter.standard() != null ? evaluator.evaluate(parameter.standard(), inner)
            : new Undefined("parameter '" + parameter.name() + "' was not provided");
      }
      inner.set(parameter.name(), value);
    }
    if (code.takesCaller()) {
      Object caller = named.remove("caller");
      inner.set("caller", caller == null ? new Undefined("No caller defined") : caller);
    }
    if (code.takesKeywords()) {
      Dict rest = new Dict();
      named.forEach((name, value) -> rest.put(run, name, value));
      inner.set("kwargs", rest);
    } else if (!named.isEmpty()) {
      throw run.error("macro '" + code.name() + "' takes no keyword argument '"
          + named.keySet().iterator().next() + "'");
    }
    int count = parameters.size();
    if (code.takesRest()) {
      List<Object> rest = positional.size() > count
          ? new ArrayList<>(positional.subList(count, positional.size())) : List.of();
      inner.set("varargs", new ListValue(rest, true));
    } else if (positional.size() > count) {
      throw run.error("macro '" + code.name() + "' takes not more than " + count
          + " argument(s)");
    }
    return renderer.captured(code.body(), inner);
  }
}
