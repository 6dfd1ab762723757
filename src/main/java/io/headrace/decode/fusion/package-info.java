/**
 * What fine-tuning taught small models, carried over to a large one while it decodes: the shift between a small model's logits before
 * and after, added to the large model's with a weight that is found anew for every token (dynamic logits fusion).
 *
 * <p>May import {@code decode}, {@code sampling}, {@code model} and {@code generation}. {@link io.headrace.decode.fusion.LogitFusion} and what it is made
 * of are pure arithmetic on rows and know none of them.
 *
 * <p>Thread: engine thread; scratch that all sequences of an engine share.
 *
 * <p>Invariant: equal rows give equal bits, whatever else was fused before.
 *
 * @see <a href="https://arxiv.org/abs/2406.15480">Dynamic logits fusion</a>
 * @see <a href="https://arxiv.org/abs/2401.08565">Proxy tuning, the fixed weight</a>
 */
@NullMarked
package io.headrace.decode.fusion;

import org.jspecify.annotations.NullMarked;
