/**
 * Drafts chains by heads that go on from one another, each chain as long as going on is expected to pay.
 *
 * <p>May import {@code decode}, {@code decode.medusa}, {@code model} and {@code generation}.
 *
 * <p>Thread: engine thread. Heads and the head that judges them are shared by the sequences of a model, a drafter belongs to one. Rules
 * are pure.
 *
 * <p>Invariant: a chain only says what is worth testing; no output depends on it. No rule looks at what the target makes of the same chain.
 */
@NullMarked
package io.headrace.decode.specdec;

import org.jspecify.annotations.NullMarked;
