/**
 * The front desk: one use case behind every door. Turns what a caller said (messages, text, options) into a generation request, or
 * into a reason why not, and turns what the engine answers into pieces of text.
 *
 * <p>May import {@code engine}, {@code sampling}, {@code text} and {@code generation}. Knows no transport, JSON, block table or kernel.
 *
 * <p>Thread: the caller's, which may block; never an event loop.
 *
 * <p>Invariant: whatever was accepted is either finished or cancelled, also when the caller vanishes.
 */
@NullMarked
package io.headrace.intake;

import org.jspecify.annotations.NullMarked;
