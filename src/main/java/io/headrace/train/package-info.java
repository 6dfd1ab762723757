/**
 * What the training of drafters needs and PyTorch does not: the corpus of a model's own answers on disk, which tokens a drafter may
 * guess, how good its guesses are, and the tree that follows from that. {@code distil} makes a corpus; the gradient steps are a
 * program of their own under {@code src/train}, with a class path of its own, which reads a corpus from disk.
 *
 * <p>This package may import {@code weights}, {@code tensor} and Jackson; {@code distil} also {@code model}, {@code sampling}, {@code
 * text} and {@code generation}. Nothing that serves imports either.
 *
 * <p>Thread: the caller's; nothing here is shared.
 *
 * <p>Invariant: everything follows from a seed and the named files. A run that was stopped and taken up again leaves what one that
 * was not stopped leaves.
 */
@NullMarked
package io.headrace.train;

import org.jspecify.annotations.NullMarked;
