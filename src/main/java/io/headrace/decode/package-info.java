/**
 * Decoding strategies: which tokens one pass of the target model tests, and which of them join the
 * sequence.
 *
 * <p>May import {@code sampling}, {@code model}, {@code kv} and {@code generation}. A strategy
 * never runs the target model and knows nothing of other sequences; the engine packs the proposals
 * of all sequences into one pass.
 *
 * <p>Thread: engine thread; one strategy instance per sequence.
 *
 * <p>Invariant: a strategy with {@link io.headrace.decode.Fidelity#EXACT} gives the output of plain
 * decoding, token for token, for greedy and for seeded sampling.
 */
@NullMarked
package io.headrace.decode;

import org.jspecify.annotations.NullMarked;
