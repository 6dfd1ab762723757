/**
 * OpenAI's protocol: chat completions, completions and models, with vLLM's well-known additions. Shapes follow the public API
 * reference; every field is either used, accepted because its value changes nothing, or refused by name.
 *
 * <p>May import {@code api}, {@code intake} and {@code generation}.
 *
 * <p>Thread: the call's virtual threads.
 */
@NullMarked
package io.headrace.api.openai;

import org.jspecify.annotations.NullMarked;
