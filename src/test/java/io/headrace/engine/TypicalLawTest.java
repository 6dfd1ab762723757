package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.Sampling;
import io.headrace.testing.Answer;
import io.headrace.testing.Requests;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Typical acceptance changes sampled outputs only, says so, and has a setting at which it changes none. */
@Timeout(300)
final class TypicalLawTest {
  private static final DecodingChoice NOTHING = new DecodingChoice.Medusa(15, new DecodingChoice.Typical(1, DecodingChoice.Typical.MOST_DELTA));
  private static final DecodingChoice ANYTHING = new DecodingChoice.Medusa(15, new DecodingChoice.Typical(1e-6, 1e-6));

  @TempDir Path folder;

  @Test
  void whereNothingIsTypicalOrAllIsGreedyItIsPlainDecoding() throws Exception {
    List<GenerationRequest> requests = requests();
    try (TinyHeads tiny = new TinyHeads(folder, "chain", IntStream.range(18, 30).toArray(), false)) {
      List<Answer> plain = tiny.run(requests, 1);
      List<Answer> exact = decoded(tiny, requests, DecodingChoice.Medusa.DEFAULT);
      List<Answer> none = decoded(tiny, requests, NOTHING);
      List<Answer> any = decoded(tiny, requests, ANYTHING);
      long sampledAlike = 0;
      long sampled = 0;
      for (int i = 0; i < requests.size(); i++) {
        boolean greedy = requests.get(i).sampling() instanceof Sampling.Greedy;
        assertEquals(plain.get(i).content(), none.get(i).content(), "request " + i);
        assertTrue(plain.get(i).timings().exact() && exact.get(i).timings().exact());
        assertEquals(greedy, none.get(i).timings().exact(), "it is labelled where it could differ");
        if (greedy) {
          assertEquals(plain.get(i).content(), any.get(i).content());
        } else {
          sampled++;
          if (plain.get(i).tokens().equals(any.get(i).tokens())) sampledAlike++;
          assertFalse(any.get(i).timings().exact());
        }
      }
      assertTrue(sampled > 3 && sampledAlike < sampled, "%d of %d".formatted(sampledAlike, sampled));
    }
  }

  @Test
  void theSumsHold() throws Exception {
    GenerationRequest sampled = HeadsLawTest.repetitive(3);
    try (TinyHeads tiny = new TinyHeads(folder, "chain", IntStream.range(18, 30).toArray(), false)) {
      Answer answer = decoded(tiny, List.of(sampled), ANYTHING).getFirst();
      assertNotEquals(0, answer.tokens().size());
      Answer.expectSums(answer.timings().decoding());
    }
  }

  private static List<GenerationRequest> requests() {
    List<GenerationRequest> requests = new ArrayList<>(Requests.mixed(23, 8, TinyHeads.VOCABULARY, 60, 30));
    for (int i = 0; i < 8; i++) requests.add(HeadsLawTest.repetitive(i));
    return requests;
  }

  private static List<Answer> decoded(TinyHeads tiny, List<GenerationRequest> requests, DecodingChoice choice) throws InterruptedException {
    return tiny.run(requests.stream().map(each -> Requests.decoded(each, choice)).toList(), 1);
  }
}
