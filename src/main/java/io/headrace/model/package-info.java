/**
 * A language model as the engine sees it: rows of tokens in, rows of logits out. One file per architecture says which operations in
 * which order; precision, device and tier are the kernels' business.
 *
 * <p>May import {@code kv}, {@code expert}, {@code weights} and {@code tensor}. Knows no request, sampling or text.
 *
 * <p>Thread: the engine thread of the model; nothing here is shared.
 *
 * <p>Invariant: the logits of a row depend only on its sequence's tokens, never on what else is in the batch.
 */
@NullMarked
package io.headrace.model;

import org.jspecify.annotations.NullMarked;
