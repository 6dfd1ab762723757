/**
 * Runs all sequences of one model: a step is plan, reserve, run, judge, commit. Requests come in by
 * the mailbox, events go out by one outbox per request.
 *
 * <p>May import {@code schedule}, {@code decode}, {@code sampling}, {@code model}, {@code kv},
 * {@code text} and {@code generation}. Knows no protocol, no file and no text beyond a {@link
 * io.headrace.engine.StopProbe}.
 *
 * <p>Thread: one platform thread per engine owns sequences, block tables and the pass. {@link
 * io.headrace.engine.Engine}'s methods, {@link io.headrace.engine.Mailbox#post} and the outboxes
 * may be used from others; everything else is confined to that thread.
 *
 * <p>A {@link io.headrace.engine.Companion} is a further model with the same tokens and as many blocks, under the same ids. A step runs a
 * pass of each model that a sequence of it wants ({@link io.headrace.engine.Passes}); sequences that want the target alone are computed as
 * if there were no other.
 *
 * <p>Invariant: nothing of a step is visible before every strategy has judged; a step that fails
 * leaves tables, index and sequences as they were, apart from the sequences it ends. Every accepted
 * request gets exactly one Finished or Failed event, its last.
 */
@NullMarked
package io.headrace.engine;

import org.jspecify.annotations.NullMarked;
