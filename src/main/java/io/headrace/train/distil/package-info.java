/**
 * Makes a corpus: lets a model answer prompts in batches, keeps the state each token was chosen from, and writes both to disk.
 *
 * <p>May import {@code train}, {@code model}, {@code sampling}, {@code text}, {@code weights} and {@code generation}. Knows no engine,
 * request or transport.
 *
 * <p>Thread: the caller's, which plays the model's engine thread.
 *
 * <p>Invariant: a sequence follows from the seed, its number and the prompt files; the size of batches, pauses and a new start leave no
 * trace, because a row's bits do not depend on its company.
 */
@NullMarked
package io.headrace.train.distil;

import org.jspecify.annotations.NullMarked;
