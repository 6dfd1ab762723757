/**
 * A sandboxed interpreter for the part of Jinja that chat templates use, with the semantics of
 * Jinja2's immutable sandbox as transformers sets it up: trim_blocks, lstrip_blocks, loop controls,
 * no autoescaping, no trailing newline.
 *
 * <p>What lives here: the lexer, the parser to a sealed tree of records, the evaluator, filters,
 * tests, and Python's values as far as a template can see them (how they print, compare, slice and
 * convert). A template sees only the values it is given; there is no way from a value to a Java
 * object, a class, a file or the network.
 *
 * <p>May import the JDK only.
 *
 * <p>Thread: {@link io.headrace.text.jinja.JinjaTemplate} is immutable and may be rendered by many
 * threads at once; everything else is made for one rendering and stays in its thread.
 *
 * <p>Invariant: whatever the template, parsing and rendering end within {@link
 * io.headrace.text.jinja.Limits} and throw nothing but {@link
 * io.headrace.text.jinja.TemplateException}.
 */
@NullMarked
package io.headrace.text.jinja;

import org.jspecify.annotations.NullMarked;
