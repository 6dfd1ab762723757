package io.headrace.text.jinja;

/** A value that can be called. */
interface Callable {
  /** Calls it; every failure is a {@link TemplateException}. */
  Object call(Evaluator evaluator, CallArguments arguments);

  /** A callable that only its name tells apart. */
  record Function(String name, Body body) implements Callable {
    @Override
    public Object call(Evaluator evaluator, CallArguments arguments) {
      return body.call(evaluator, arguments);
    }
  }

  /** What a function does. */
  @FunctionalInterface
  interface Body {
    Object call(Evaluator evaluator, CallArguments arguments);
  }

  /** A method with the value it belongs to. */
  record Method(Object receiver, String name) implements Callable {
    @Override
    public Object call(Evaluator evaluator, CallArguments arguments) {
      return switch (receiver) {
        case String text -> StringMethods.call(evaluator, text, name, arguments);
        default -> ContainerMethods.call(evaluator, receiver, name, arguments);
      };
    }
  }
}
