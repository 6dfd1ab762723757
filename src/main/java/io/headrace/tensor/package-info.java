/**
 * Numbers in memory and the operations on them: weight formats, packed matrices, key/value pages, and {@code Kernels}, which run a
 * program of operations either natively or in Java with the same bits.
 *
 * <p>May import only the JDK. Knows no file, model, sequence or request.
 *
 * <p>Thread: kernels belong to the engine thread of their model; the native team's other members are invisible to Java.
 *
 * <p>Invariant: every implementation follows the arithmetic law at the head of {@code kernels/include/headrace/kernels.h}, so
 * results do not depend on tier, threads, batch, chunking or paging.
 */
@NullMarked
package io.headrace.tensor;

import org.jspecify.annotations.NullMarked;
