/**
 * HTTP and JSON as every door uses them: reading JSON fields strictly, the error object, event streams, and
 * running a call on a virtual thread while its connection's event loop stays free.
 *
 * <p>May import {@code intake} and {@code generation}. Knows no route, engine, token meaning or model.
 *
 * <p>Thread: handlers start on an event loop and move to a virtual thread per call; responses are written on their own context.
 *
 * <p>Invariant: every refusal and failure leaves as one JSON error object, and a caller that hangs up cancels what it started.
 */
@NullMarked
package io.headrace.api.http;

import org.jspecify.annotations.NullMarked;
