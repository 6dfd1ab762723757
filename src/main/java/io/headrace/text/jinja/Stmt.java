package io.headrace.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A piece of a template's body; {@code line} is the line it starts at. */
sealed interface Stmt {
  record Text(String text) implements Stmt {}

  record Print(Expr value, int line) implements Stmt {}

  record If(List<Branch> branches, List<Stmt> otherwise) implements Stmt {}

  record For(Target target, Expr values, @Nullable Expr filter, boolean recursive, List<Stmt> body,
      List<Stmt> otherwise, int line) implements Stmt {}

  record Assign(Target target, Expr value, int line) implements Stmt {}

  record AssignBlock(Target target, List<Expr.FilterCall> filters, List<Stmt> body, int line)
      implements Stmt {}

  record With(List<Target> targets, List<Expr> values, List<Stmt> body, int line)
      implements Stmt {}

  record DefineMacro(MacroCode code, int line) implements Stmt {}

  record CallBlock(MacroCode caller, Expr.Call call, int line) implements Stmt {}

  record FilterBlock(List<Expr.FilterCall> filters, List<Stmt> body, int line) implements Stmt {}

  /** A body with variables of its own and no other meaning, such as a generation block. */
  record Scoped(List<Stmt> body) implements Stmt {}

  record Break() implements Stmt {}

  record Continue() implements Stmt {}

  /** An {@code if} or {@code elif}. */
  record Branch(Expr test, List<Stmt> body, int line) {}

  /** A parameter of a macro. */
  record Parameter(String name, @Nullable Expr standard) {}

  /**
   * The text of a macro.
   *
   * @param takesRest whether the body reads {@code varargs}
   * @param takesKeywords whether the body reads {@code kwargs}
   * @param takesCaller whether the body reads {@code caller}
   */
  record MacroCode(String name, List<Parameter> parameters, List<Stmt> body, boolean takesRest,
      boolean takesKeywords, boolean takesCaller) {}

  /** What can be assigned to. */
  sealed interface Target {
    record ToName(String name) implements Target {}

    record ToAttribute(String object, String attribute) implements Target {}

    record ToEach(List<Target> targets) implements Target {}
  }
}
