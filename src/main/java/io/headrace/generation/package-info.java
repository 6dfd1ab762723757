/**
 * The words in which a generation is asked for and answered: requests, sampling, stop rules, events, counts.
 *
 * <p>May import only the JDK. Every type is immutable and valid by construction: holding one is the proof that its fields were
 * checked. No behaviour beyond checks, sums, and the reading of a choice of decoding, which every door and the configuration share.
 *
 * <p>Thread: any.
 */
@NullMarked
package io.headrace.generation;

import org.jspecify.annotations.NullMarked;
