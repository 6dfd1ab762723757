/**
 * The doors: protocol in, protocol out. {@link io.headrace.api.Doors} puts them all on a router; {@code http} is what they share,
 * {@code openai} and {@code rest} are the protocols.
 *
 * <p>May import {@code intake} and {@code generation}. Knows no engine, token meaning or model.
 *
 * <p>Thread: see {@code http}.
 */
@NullMarked
package io.headrace.api;

import org.jspecify.annotations.NullMarked;
