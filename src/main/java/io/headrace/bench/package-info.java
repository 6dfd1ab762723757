/**
 * The instrument: times a model's passes in the shapes that users meet, beside the memory bandwidth and integer peak of the same
 * minutes, and says how near each comes to what these allow.
 *
 * <p>May import {@code model} and {@code tensor}. Knows no engine, request or file.
 *
 * <p>Thread: the caller's, which plays the engine thread.
 *
 * <p>{@link io.headrace.bench.StepMeter} looks the other way: from a model at what its caller does between two passes.
 *
 * <p>Invariant: shapes are measured in turn, round by round, and ratios are taken within a round, so that a machine whose speed drifts
 * shows it in all of them alike.
 */
@NullMarked
package io.headrace.bench;

import org.jspecify.annotations.NullMarked;
