/**
 * Whether a small model's answer can be relied on, or the large one should be asked: judges, which score an answer, and what they ask.
 *
 * <p>Pure: may import {@code generation}. Who runs the questions through a model, and what is done with the score, is the desk's business.
 *
 * <p>Thread: any; everything here is immutable.
 *
 * <p>Invariant: the same answer, replies and references give the same score; a larger score means a more reliable answer.
 *
 * @see <a href="https://arxiv.org/abs/2402.12146">Meta ranking</a>
 */
@NullMarked
package io.headrace.intake.cascade;

import org.jspecify.annotations.NullMarked;
