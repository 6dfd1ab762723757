/**
 * The gradient steps: reads a corpus and a job from disk, trains with DJL on PyTorch, writes weights, a card and what it may go on
 * from. A program of its own with a class path of its own, built by Maven's profile {@code train}; of the server's packages it may
 * import {@code train} (not {@code train.distil}), {@code weights} and {@code tensor}, which are compiled into it.
 *
 * <p>Thread: the main thread; PyTorch has its own below it.
 *
 * <p>Invariant: weights follow from the job and the corpus; a run that was stopped goes on from the step it saved.
 */
@NullMarked
package io.headrace.train.torch;

import org.jspecify.annotations.NullMarked;
