/**
 * Decoding strategies: which tokens one pass of the target model tests, and which of them join the
 * sequence.
 *
 * <p>May import {@code sampling}, {@code model}, {@code kv} and {@code generation}. A strategy
 * never runs the target model; the engine packs the proposals of all sequences into one pass.
 *
 * <p>A {@link io.headrace.decode.Drafter} guesses and says how likely its guesses are; a {@link io.headrace.decode.DraftPolicy}, which is
 * pure, decides how many of them a step tests, on the {@link io.headrace.decode.StepTerms} that the engine gives; {@link
 * io.headrace.decode.DraftedDecoding} puts both together for a request that names its drafter. Sequences that leave it to the server, by {@link
 * io.headrace.decode.AutoDecoding}, draft what pays for all of them together: {@link io.headrace.decode.StepDraft}. {@link io.headrace.decode.StrategySource} is the one place that knows which
 * choices a model can honour: another way to draft is a drafter there and its name in {@code generation}.
 *
 * <p>Where companions are resident beside the target a strategy says, before every token, which {@link
 * io.headrace.decode.DecodingStrategy#models models} answer next, and makes the rows that tokens are chosen from of their {@link
 * io.headrace.decode.ModelRows answers}. How far each has computed the sequence, and what it has to catch up with, is the engine's business.
 *
 * <p>Thread: engine thread; one strategy instance per sequence.
 *
 * <p>Invariant: a strategy with {@link io.headrace.decode.Fidelity#EXACT} gives the output of plain
 * decoding, token for token, for greedy and for seeded sampling.
 */
@NullMarked
package io.headrace.decode;

import org.jspecify.annotations.NullMarked;
