/**
 * Which sequences take part in the next step and with how many tokens. Pure functions over small
 * records: equal input, equal answer. What passes cost is measured by the engine and remembered by
 * {@link io.headrace.schedule.PassCost}, what drafts may lose by {@link io.headrace.schedule.DraftBudget}.
 *
 * <p>May import {@code kv} (capacity only) and {@code generation}. Sees no sequence, tensor or
 * clock; owns nothing.
 *
 * <p>Thread: engine thread.
 *
 * <p>Invariant: the grants of a plan sum to at most the step's budget, its blocks to at most what
 * the pool has, and the oldest sequence always gets on, so every plan makes progress or says that
 * there is nothing to do.
 */
@NullMarked
package io.headrace.schedule;

import org.jspecify.annotations.NullMarked;
