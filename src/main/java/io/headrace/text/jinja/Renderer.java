package io.headrace.text.jinja;

import io.headrace.text.jinja.Stmt.Target;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Runs a template's statements, for one rendering. */
final class Renderer {
  /** How a statement ended. */
  private enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  private final Run run;
  private final Evaluator evaluator;

  Renderer(Evaluator evaluator) {
    this.evaluator = evaluator;
    this.run = evaluator.run();
  }

  /** The text that a body prints. */
  String captured(List<Stmt> body, Scope scope) {
    TextBuilder out = new TextBuilder(run);
    run(body, scope, out);
    return out.toString();
  }

  private Flow run(List<Stmt> body, Scope scope, TextBuilder out) {
    run.enter();
    Flow flow = Flow.NEXT;
    for (Stmt statement : body) {
      flow = run(statement, scope, out);
      if (flow != Flow.NEXT) {
        break;
      }
    }
    run.leave();
    return flow;
  }

  private Flow run(Stmt statement, Scope scope, TextBuilder out) {
    run.work(1);
    switch (statement) {
      case Stmt.Text text -> out.append(text.text());
      case Stmt.Print print -> {
        run.at(print.line());
        out.append(Printing.text(run, evaluator.evaluate(print.value(), scope)));
      }
      case Stmt.If choice -> {
        return choose(choice, scope, out);
      }
      case Stmt.For loop -> loop(loop, scope, out);
      case Stmt.Assign assign -> {
        run.at(assign.line());
        assign(assign.target(), evaluator.evaluate(assign.value(), scope), scope);
      }
      case Stmt.AssignBlock assign -> {
        TextBuilder text = new TextBuilder(run);
        Flow flow = run(assign.body(), scope.inner(), text);
        if (flow != Flow.NEXT) {
          return flow;
        }
        run.at(assign.line());
        assign(assign.target(), filtered(assign.filters(), text.toString(), scope), scope);
      }
      case Stmt.With with -> {
        run.at(with.line());
        Scope inner = scope.inner();
        for (int i = 0; i < with.targets().size(); i++) {
          assign(with.targets().get(i), evaluator.evaluate(with.values().get(i), scope), inner);
        }
        return run(with.body(), inner, out);
      }
      case Stmt.DefineMacro macro ->
          scope.set(macro.code().name(), new Macro(macro.code(), scope, this));
      case Stmt.CallBlock call -> {
        run.at(call.line());
        Macro caller = new Macro(call.caller(), scope, this);
        Object callee = evaluator.evaluate(call.call().callee(), scope);
        CallArguments given = evaluator.arguments(call.call().arguments(), scope);
        Map<String, Object> named = new java.util.LinkedHashMap<>(given.named());
        named.put("caller", caller);
        Object text = evaluator.call(callee, new CallArguments(given.positional(), named));
        out.append(Printing.text(run, text));
      }
      case Stmt.FilterBlock block -> {
        TextBuilder text = new TextBuilder(run);
        Flow flow = run(block.body(), scope.inner(), text);
        if (flow != Flow.NEXT) {
          return flow;
        }
        run.at(block.line());
        out.append(Printing.text(run, filtered(block.filters(), text.toString(), scope)));
      }
      case Stmt.Scoped scoped -> run(scoped.body(), scope.inner(), out);
      case Stmt.Break stop -> {
        return Flow.BREAK;
      }
      case Stmt.Continue next -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NEXT;
  }

  private Flow choose(Stmt.If choice, Scope scope, TextBuilder out) {
    for (Stmt.Branch branch : choice.branches()) {
      run.at(branch.line());
      if (Compare.truth(run, evaluator.evaluate(branch.test(), scope))) {
        return run(branch.body(), scope, out);
      }
    }
    return run(choice.otherwise(), scope, out);
  }

  private Object filtered(List<Expr.FilterCall> filters, String text, Scope scope) {
    Object value = text;
    for (Expr.FilterCall filter : filters) {
      value = evaluator.filter(filter, value, scope);
    }
    return value;
  }

  private void loop(Stmt.For loop, Scope scope, TextBuilder out) {
    run.at(loop.line());
    iterate(loop, evaluator.evaluate(loop.values(), scope), 0, scope, out);
  }

  private void iterate(Stmt.For loop, Object values, int depth, Scope scope, TextBuilder out) {
    Iterator<Object> items = Iteration.of(run, values);
    int length = Iteration.length(values);
    if (loop.filter() != null) {
      items = new Filtering(items, loop, scope);
      length = -1;
    }
    Callable.Body recursion = loop.recursive() ? (ignored, arguments) -> {
      TextBuilder text = new TextBuilder(run);
      Object inner = arguments.bind(run, "loop", "iterable").required(0);
      iterate(loop, inner, depth + 1, scope, text);
      return text.toString();
    } : null;
    LoopState state = new LoopState(run, items, length, depth, recursion);
    boolean any = false;
    for (Object item = state.advance(); item != null; item = state.advance()) {
      any = true;
      Scope inner = scope.inner();
      inner.set("loop", state);
      run.at(loop.line());
      assign(loop.target(), item, inner);
      if (run(loop.body(), inner, out) == Flow.BREAK) {
        break;
      }
    }
    if (!any) {
      run(loop.otherwise(), scope.inner(), out);
    }
  }

  /** Elements that the loop's own condition lets through, looked at one at a time. */
  private final class Filtering implements Iterator<Object> {
    private final Iterator<Object> items;
    private final Stmt.For loop;
    private final Scope scope;
    private @Nullable Object next;

    Filtering(Iterator<Object> items, Stmt.For loop, Scope scope) {
      this.items = items;
      this.loop = loop;
      this.scope = scope;
    }

    @Override
    public boolean hasNext() {
      while (next == null && items.hasNext()) {
        Object candidate = items.next();
        Scope inner = scope.inner();
        assign(loop.target(), candidate, inner);
        Expr filter = loop.filter();
        if (filter == null || Compare.truth(run, evaluator.evaluate(filter, inner))) {
          next = candidate;
        }
      }
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
  }

  private void assign(Target target, Object value, Scope scope) {
    switch (target) {
      case Target.ToName name -> scope.set(name.name(), value);
      case Target.ToAttribute attribute -> {
        if (!(scope.get(attribute.object()) instanceof Namespace namespace)) {
          throw run.error("cannot assign attribute on non-namespace object '"
              + attribute.object() + "'");
        }
        run.elements(1);
        namespace.variables().put(attribute.attribute(), value);
      }
      case Target.ToEach each -> {
        List<Object> values = new ArrayList<>(Iteration.toList(run, value));
        int wanted = each.targets().size();
        if (values.size() != wanted) {
          throw run.error((values.size() < wanted ? "not enough" : "too many")
              + " values to unpack (expected " + wanted + ", got " + values.size() + ")");
        }
        for (int i = 0; i < wanted; i++) {
          assign(each.targets().get(i), values.get(i), scope);
        }
      }
    }
  }
}
