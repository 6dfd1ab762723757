package io.headrace.text.jinja;

import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

/** Functions every template has. */
final class Globals {
  static final Map<String, Object> ALL = Map.of(
      "range", new Callable.Function("range", Globals::range),
      "dict", new Callable.Function("dict", Globals::dict),
      "namespace", new Callable.Function("namespace", Globals::namespace),
      "joiner", new Callable.Function("joiner", Globals::joiner),
      "raise_exception", new Callable.Function("raise_exception", Globals::raise),
      "strftime_now", new Callable.Function("strftime_now", Globals::now));

  private Globals() {}

  private static Object range(Evaluator evaluator, CallArguments arguments) {
    Run run = evaluator.run();
    CallArguments.Bound given = arguments.bind(run, "range", "start", "stop", "step");
    return given.has(1) ? Range.of(run, given.whole(0), given.whole(1), given.whole(2, 1))
        : Range.of(run, 0, given.whole(0), 1);
  }

  private static Object dict(Evaluator evaluator, CallArguments arguments) {
    Run run = evaluator.run();
    Dict dict = new Dict();
    if (arguments.positional().size() > 1) {
      throw run.error("dict expected at most 1 argument, got " + arguments.positional().size());
    }
    for (Object from : arguments.positional()) {
      if (from instanceof Dict other) {
        run.elements(other.size());
        other.entries().forEach(entry -> dict.put(run, entry.key(), entry.value()));
        continue;
      }
      for (Object pair : Iteration.toList(run, from)) {
        List<Object> parts = Iteration.toList(run, pair);
        if (parts.size() != 2) {
          throw run.error("dictionary update sequence element has length " + parts.size()
              + "; 2 is required");
        }
        dict.put(run, parts.get(0), parts.get(1));
      }
    }
    run.elements(arguments.named().size());
    arguments.named().forEach((name, value) -> dict.put(run, name, value));
    return dict;
  }

  private static Object namespace(Evaluator evaluator, CallArguments arguments) {
    Namespace namespace = new Namespace();
    ((Dict) dict(evaluator, arguments)).entries().forEach(entry -> {
      if (entry.key() instanceof String name) {
        namespace.variables().put(name, entry.value());
      }
    });
    return namespace;
  }

  /** Gives nothing the first time and the separator from then on. */
  private static Object joiner(Evaluator evaluator, CallArguments arguments) {
    String separator = arguments.bind(evaluator.run(), "joiner", "sep").text(0, ", ");
    Namespace used = new Namespace();
    return new Callable.Function("joiner", (inner, none) ->
        used.variables().put("used", true) == null ? "" : separator);
  }

  private static Object raise(Evaluator evaluator, CallArguments arguments) {
    Run run = evaluator.run();
    Object message = arguments.bind(run, "raise_exception", "message").required(0);
    throw run.raised(Printing.text(run, message));
  }

  private static Object now(Evaluator evaluator, CallArguments arguments) {
    Run run = evaluator.run();
    String format = arguments.bind(run, "strftime_now", "format").text(0);
    return StrfTime.format(run, format,
        LocalDateTime.now(run.clock()).truncatedTo(ChronoUnit.MICROS));
  }
}
