/**
 * Doors beside OpenAI's: tokenising, templates, health, the description of the doors, and the page.
 *
 * <p>May import {@code api}, {@code api.openai} (its reading of conversations), {@code intake} and {@code generation}.
 *
 * <p>Thread: the call's virtual threads.
 */
@NullMarked
package io.headrace.api.rest;

import org.jspecify.annotations.NullMarked;
