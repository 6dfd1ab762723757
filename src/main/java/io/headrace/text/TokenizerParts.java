package io.headrace.text;

import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Tokenizer} is made of, however it was written down.
 *
 * @param quickJson {@code mergerJson} in UTF-8, made without looking into it, for the library to look: where merges need what
 *     plain text must not become, or make no sense, it refuses. Null where there is none
 * @param mergerJson a tokenizer.json for the native library, which sees plain text only: no added
 *     tokens, no post-processor. Making it refuses what makes no sense
 * @param vocabulary every token of the model
 * @param added the tokens that are found in text as they stand, before any cutting
 * @param prefix ids put in front when special tokens are asked for
 * @param suffix ids put at the end when special tokens are asked for
 * @param leadingSpace where the tokenizer adds a space that the text does not have
 * @param specials the ids with a meaning, all within the vocabulary
 */
record TokenizerParts(
    byte @Nullable [] quickJson,
    Supplier<String> mergerJson,
    Vocabulary vocabulary,
    List<AddedToken> added,
    List<Integer> prefix,
    List<Integer> suffix,
    LeadingSpace leadingSpace,
    SpecialIds specials) {

  /** Where SentencePiece's extra space goes. */
  enum LeadingSpace {
    NONE,
    /** Before every stretch of plain text; the native library adds it. */
    EVERY_STRETCH,
    /**
     * Before a text that begins with plain text, unless it begins with a space; {@link Tokenizer}
     * adds it.
     */
    START_OF_TEXT
  }

  /**
   * A token that is found in text as it stands.
   *
   * @param control whether only parsing of special tokens finds it
   * @param takesSpaceBefore whether white space before it is part of it
   * @param takesSpaceAfter likewise after it
   */
  record AddedToken(
      int id, String text, boolean control, boolean takesSpaceBefore, boolean takesSpaceAfter) {}
}
