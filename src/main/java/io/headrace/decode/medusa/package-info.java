/**
 * Drafts by heads that were trained for a model: what is known of the heads, how their guesses become a tree.
 *
 * <p>May import {@code decode}, {@code model} and {@code generation}.
 *
 * <p>Thread: engine thread. The heads of a model are shared by its sequences, a drafter belongs to one.
 *
 * <p>Invariant: heads only say what is worth testing; no output depends on them.
 */
@NullMarked
package io.headrace.decode.medusa;

import org.jspecify.annotations.NullMarked;
