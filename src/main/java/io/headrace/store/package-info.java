/**
 * Where models come from: the built-in catalogue, the sources it names, and the folder that keeps
 * what was fetched.
 *
 * <p>May import only the JDK and Jackson; nothing of ours. Knows no weight format, tokenizer or
 * server: it ends where a local path begins. It reads no environment variable and no system
 * property: all it may know comes in {@link StoreOptions}.
 *
 * <p>Thread: values are immutable; a {@link ModelStore} may be used from any thread and from
 * several processes at once. A pull runs on its caller's thread, which is also the one that hears
 * of its progress.
 *
 * <p>Invariant: a file under {@code blobs/} has the size and the SHA-256 in its name's promise from
 * the moment it is visible there, because it is checked first and then renamed into place.
 */
@NullMarked
package io.headrace.store;

import org.jspecify.annotations.NullMarked;
