/**
 * Text to token ids and back: tokenizers, the streaming detokenizer, stop strings, and chat
 * templates (with their own small interpreter in {@code jinja}).
 *
 * <p>May import {@code io.headrace.weights} (a model file's metadata), Jackson and DJL's
 * tokenizers, and nothing above. Knows no request, no sequence and no model beyond its vocabulary.
 *
 * <p>Thread: a {@link io.headrace.text.Tokenizer} is immutable and shared by all; a {@link
 * io.headrace.text.StreamingDetokenizer} and a {@link io.headrace.text.StopMatcher} belong to one
 * answer and one thread.
 *
 * <p>Invariant: plain text never turns into a control token, whatever it spells; only a caller that
 * asks for it (the text of a template) gets control tokens from text. What leaves this package as a
 * {@link String} never has half a surrogate pair.
 */
@NullMarked
package io.headrace.text;

import org.jspecify.annotations.NullMarked;
