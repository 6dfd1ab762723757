/**
 * Who holds which block of key/value memory, which blocks may be shared, which may be dropped.
 * Bookkeeping over integers: the bytes themselves lie with the model.
 *
 * <p>May import {@code tensor} and {@code generation}. Knows no model, scheduler, request or
 * transport, and reads no clock.
 *
 * <p>Thread: everything mutable here is confined to the engine thread. {@link
 * io.headrace.kv.PoolSnapshot} is immutable and may travel.
 *
 * <p>Invariant: a block is free, or held by at least one table, or remembered by the prefix index
 * and held by none. It is never two of these, and the three counts always add up to the pool
 * ({@link io.headrace.kv.PoolInvariants}). Block ids are the same for every model of an engine; what
 * is shared is decided by what the target has computed.
 */
@NullMarked
package io.headrace.kv;

import org.jspecify.annotations.NullMarked;
