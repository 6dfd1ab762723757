/**
 * Turns one row of logits into one token: adjustments, filters, the draw, and log-probabilities for
 * the caller.
 *
 * <p>May import {@code text}, {@code model} (its rows of logits only), {@code tensor} and {@code
 * generation}. Knows no sequence or strategy. A rule sees a row and the tokens so far, nothing else.
 *
 * <p>Thread: engine thread. One {@link io.headrace.sampling.TokenPicker} per sequence; scratch
 * memory is shared by all of them. Where native kernels compute, choices are theirs ({@code hr_choose}), those of a step in one call.
 *
 * <p>Invariant: the token chosen depends only on the row, the request, the tokens before it and its
 * position in the output, never on the step, the batch or what else was drawn.
 */
@NullMarked
package io.headrace.sampling;

import org.jspecify.annotations.NullMarked;
