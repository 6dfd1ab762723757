package io.headrace.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.GenerationEvent;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
import io.headrace.generation.TokenLogprobs;
import io.headrace.text.SpecialIds;
import io.headrace.text.Tokenizer;
import io.headrace.text.VocabularySource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tokens of a piece are those of its passes, in order, whenever they are looked at. */
final class PieceTokensTest {
  @Test
  void everyTokenIsDescribedByThePassItCameFrom() {
    try (Tokenizer tokenizer =
        Tokenizer.of(
            new VocabularySource.Lists(
                "gpt2", "gpt-2", List.of("a", "b", "c", "d"), new int[0], List.of(), new float[0], false, SpecialIds.NONE))) {
      PieceTokens tokens = new PieceTokens(new TokenTexts(tokenizer));
      assertTrue(tokens.isEmpty());
      tokens.add(new GenerationEvent.Committed(TokenIds.of(2, 0, 1), List.of(), Strategy.NGRAM, 2));
      tokens.add(
          new GenerationEvent.Committed(
              TokenIds.of(3), List.of(new TokenLogprobs(3, -0.5f, List.of(new TokenLogprobs.Alternative(1, -0.25f)))), Strategy.PLAIN, 0));
      tokens.add(new GenerationEvent.Committed(TokenIds.of(9), List.of(), Strategy.PLAIN, 0));
      assertEquals(List.of(2, 0, 1, 3, 9), tokens.stream().map(TokenDetail::id).toList());
      assertEquals(List.of("c", "a", "b", "d", ""), tokens.stream().map(TokenDetail::text).toList());
      assertEquals(Strategy.NGRAM, tokens.get(1).drafted());
      assertNull(tokens.get(2).drafted());
      assertEquals(-0.5f, tokens.get(3).logprob());
      assertEquals("b", tokens.get(3).top().getFirst().text());
      assertTrue(Float.isNaN(tokens.get(4).logprob()));
      assertThrows(IndexOutOfBoundsException.class, () -> tokens.get(5));
    }
  }
}
