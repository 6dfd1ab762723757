package io.headrace.text.jinja;

import io.headrace.text.jinja.Stmt.MacroCode;
import io.headrace.text.jinja.Stmt.Parameter;
import io.headrace.text.jinja.Stmt.Target;
import io.headrace.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses a template's body. */
final class StatementParser {
  private final TokenStream in;
  private final ExpressionParser expressions;
  private int loops;

  private StatementParser(TokenStream in) {
    this.in = in;
    this.expressions = new ExpressionParser(in);
  }

  static List<Stmt> parse(String source) {
    StatementParser parser = new StatementParser(new TokenStream(Lexer.tokens(source)));
    return parser.body();
  }

  /** Statements up to the given tags; the ending tag's name is consumed. */
  private List<Stmt> bodyUntil(String... ends) {
    List<Stmt> body = body(ends);
    if (in.current().kind() == Kind.END) {
      throw in.error("the template ends before '{% " + ends[ends.length - 1] + " %}'");
    }
    return body;
  }

  /** Statements up to the end, or up to a block whose name (then the current token) is an end. */
  private List<Stmt> body(String... ends) {
    in.enter();
    List<Stmt> body = new ArrayList<>();
    while (in.current().kind() != Kind.END) {
      Token token = in.next();
      switch (token.kind()) {
        case DATA -> body.add(new Stmt.Text(token.text()));
        case PRINT_BEGIN -> {
          body.add(new Stmt.Print(expressions.expressions(true, ""), token.line()));
          in.expect(Kind.PRINT_END, "'}}'");
        }
        default -> {
          if (in.current().kind() == Kind.NAME && List.of(ends).contains(in.current().text())) {
            in.leave();
            return body;
          }
          body.add(statement());
          blockEnd();
        }
      }
    }
    in.leave();
    return body;
  }

  private void blockEnd() {
    in.expect(Kind.BLOCK_END, "'%}'");
  }

  private Stmt statement() {
    Token tag = in.expect(Kind.NAME, "the name of a tag");
    int line = tag.line();
    return switch (tag.text()) {
      case "if" -> ifStatement(line);
      case "for" -> forStatement(line);
      case "set" -> set(line);
      case "with" -> with(line);
      case "macro" -> new Stmt.DefineMacro(macro(), line);
      case "call" -> call(line);
      case "filter" -> {
        List<Expr.FilterCall> filters = new ArrayList<>(List.of(expressions.filter()));
        filters.addAll(filters());
        blockEnd();
        yield new Stmt.FilterBlock(filters, closed("endfilter"), line);
      }
      case "generation" -> {
        blockEnd();
        int outer = loops;
        loops = 0;
        Stmt scoped = new Stmt.Scoped(closed("endgeneration"));
        loops = outer;
        yield scoped;
      }
      case "print" -> new Stmt.Print(expressions.expressions(true, ""), line);
      case "break" -> inLoop(tag, new Stmt.Break());
      case "continue" -> inLoop(tag, new Stmt.Continue());
      case "include", "import", "from", "extends", "block" -> throw at(line,
          "'" + tag.text() + "' is not available: a chat template is one file by itself");
      default -> throw at(line, tag.text().startsWith("e")
          ? "nothing is open here that '" + tag.text() + "' could end or go on with"
          : "unknown tag '" + tag.text() + "'");
    };
  }

  private static TemplateException at(int line, String reason) {
    return new TemplateException(TemplateException.Kind.SYNTAX, line, reason);
  }

  private Stmt inLoop(Token tag, Stmt statement) {
    if (loops == 0) {
      throw at(tag.line(), "'" + tag.text() + "' stands outside a loop");
    }
    return statement;
  }

  /** A body up to its end tag, whose name is consumed. */
  private List<Stmt> closed(String end) {
    List<Stmt> body = bodyUntil(end);
    in.next();
    return body;
  }

  private Stmt ifStatement(int firstLine) {
    List<Stmt.Branch> branches = new ArrayList<>();
    int line = firstLine;
    while (true) {
      Expr test = expressions.expressions(false, "");
      blockEnd();
      List<Stmt> body = bodyUntil("elif", "else", "endif");
      branches.add(new Stmt.Branch(test, body, line));
      Token end = in.next();
      line = end.line();
      if (end.isName("endif")) {
        return new Stmt.If(branches, List.of());
      }
      if (end.isName("else")) {
        blockEnd();
        return new Stmt.If(branches, closed("endif"));
      }
    }
  }

  private Stmt forStatement(int line) {
    Target target = target("in", false);
    if (!in.skipName("in")) {
      throw in.unexpected("'in'");
    }
    Expr values = expressions.expressions(false, "recursive");
    Expr filter = in.skipName("if") ? expressions.expression() : null;
    boolean recursive = in.skipName("recursive");
    blockEnd();
    loops++;
    List<Stmt> body = bodyUntil("else", "endfor");
    loops--;
    List<Stmt> otherwise = List.of();
    if (in.next().isName("else")) {
      blockEnd();
      otherwise = closed("endfor");
    }
    return new Stmt.For(target, values, filter, recursive, body, otherwise, line);
  }

  private Stmt set(int line) {
    Target target = target("", true);
    if (in.skipOperator("=")) {
      return new Stmt.Assign(target, expressions.expressions(true, ""), line);
    }
    List<Expr.FilterCall> filters = filters();
    blockEnd();
    return new Stmt.AssignBlock(target, filters, closed("endset"), line);
  }

  private List<Expr.FilterCall> filters() {
    List<Expr.FilterCall> filters = new ArrayList<>();
    while (in.skipOperator("|")) {
      filters.add(expressions.filter());
    }
    return filters;
  }

  private Stmt with(int line) {
    List<Target> targets = new ArrayList<>();
    List<Expr> values = new ArrayList<>();
    while (in.current().kind() != Kind.BLOCK_END) {
      if (!targets.isEmpty()) {
        in.expectOperator(",");
      }
      targets.add(oneTarget(false));
      in.expectOperator("=");
      values.add(expressions.expression());
    }
    blockEnd();
    return new Stmt.With(targets, values, closed("endwith"), line);
  }

  private MacroCode macro() {
    String name = name();
    return macroCode(name, parameters(), "endmacro");
  }

  private Stmt call(int line) {
    List<Parameter> parameters = in.current().isOperator("(") ? parameters() : List.of();
    Expr called = expressions.expression();
    if (!(called instanceof Expr.Call call)) {
      throw at(line, "'call' needs the call of a macro");
    }
    return new Stmt.CallBlock(macroCode("caller", parameters, "endcall"), call, line);
  }

  private MacroCode macroCode(String name, List<Parameter> parameters, String end) {
    blockEnd();
    int outer = loops;
    loops = 0;
    in.watchNames();
    List<Stmt> body = closed(end);
    Set<String> names = in.namesWatched();
    names.forEach(in::sawName);
    loops = outer;
    return new MacroCode(name, parameters, body, names.contains("varargs"),
        names.contains("kwargs"), names.contains("caller"));
  }

  private List<Parameter> parameters() {
    in.expectOperator("(");
    List<Parameter> parameters = new ArrayList<>();
    while (!in.current().isOperator(")")) {
      if (!parameters.isEmpty()) {
        in.expectOperator(",");
      }
      String name = name();
      Expr standard = in.skipOperator("=") ? expressions.expression() : null;
      if (standard == null && !parameters.isEmpty() && parameters.getLast().standard() != null) {
        throw in.error("a parameter without a default follows one with a default");
      }
      parameters.add(new Parameter(name, standard));
    }
    in.expectOperator(")");
    return parameters;
  }

  private String name() {
    Token token = in.expect(Kind.NAME, "a name");
    return switch (token.text()) {
      case "true", "True", "false", "False", "none", "None" ->
          throw at(token.line(), "'" + token.text() + "' cannot be assigned to");
      default -> token.text();
    };
  }

  /** One target, or several with commas. */
  private Target target(String endName, boolean attributes) {
    List<Target> targets = new ArrayList<>();
    boolean several = false;
    while (targets.isEmpty() || !atTargetsEnd(endName)) {
      targets.add(oneTarget(attributes));
      if (!in.skipOperator(",")) {
        break;
      }
      several = true;
    }
    return several ? new Target.ToEach(targets) : targets.getFirst();
  }

  private boolean atTargetsEnd(String endName) {
    Token token = in.current();
    return token.kind() == Kind.BLOCK_END || token.isName(endName) || token.isOperator(")")
        || token.isOperator("=");
  }

  private Target oneTarget(boolean attributes) {
    if (in.skipOperator("(")) {
      in.enter();
      Target inner = target("", attributes);
      in.expectOperator(")");
      in.leave();
      return inner;
    }
    String name = name();
    if (attributes && in.skipOperator(".")) {
      in.sawName(name);
      return new Target.ToAttribute(name, in.expect(Kind.NAME, "a name").text());
    }
    return new Target.ToName(name);
  }
}
