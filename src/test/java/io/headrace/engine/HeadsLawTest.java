package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.testing.Answer;
import io.headrace.testing.Requests;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever heads guess, with a real decoder the output is that of plain decoding: alone, in batches of mixed choices, and where too few
 * blocks make sequences start again.
 */
@Timeout(300)
final class HeadsLawTest {
  @TempDir Path folder;

  private final List<GenerationRequest> requests = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"chain", "root", "medusa"})
  void headsGiveThePlainOutput(String kind) throws Exception {
    requests.addAll(Requests.mixed(21, 10, TinyHeads.VOCABULARY, 60, 30));
    for (int i = 0; i < 6; i++) requests.add(repetitive(i));
    // Few tokens, so that the repetitive requests are often guessed right.
    try (TinyHeads tiny = new TinyHeads(folder, kind, IntStream.range(18, 30).toArray(), false)) {
      List<Answer.Content> plain = tiny.run(requests, 1).stream().map(Answer::content).toList();
      for (DecodingChoice choice : List.of(DecodingChoice.Medusa.DEFAULT, new DecodingChoice.Medusa(2), DecodingChoice.Auto.DEFAULT)) {
        long accepted = 0;
        long drafted = 0;
        for (int running : new int[] {1, 16}) {
          List<Answer> answers = tiny.run(requests.stream().map(each -> Requests.decoded(each, choice)).toList(), running);
          for (int i = 0; i < answers.size(); i++) {
            assertEquals(plain.get(i), answers.get(i).content(), choice + ", request " + i);
            for (DecodingRecord record : answers.get(i).timings().decoding()) {
              accepted += record.accepted();
              drafted += record.drafted();
            }
          }
        }
        // What pays, if anything, is the server's to say where it is left to it.
        int least = choice instanceof DecodingChoice.Auto ? 10 : 100;
        assertTrue(drafted > least && accepted > least / 5, "%s: %d of %d".formatted(choice, accepted, drafted));
      }
      List<GenerationRequest> mixed = new ArrayList<>();
      DecodingChoice[] choices = {DecodingChoice.Medusa.DEFAULT, DecodingChoice.Ngram.DEFAULT, new DecodingChoice.Plain(), DecodingChoice.Auto.DEFAULT};
      for (int i = 0; i < requests.size(); i++) mixed.add(Requests.decoded(requests.get(i), choices[i % choices.length]));
      assertEquals(plain, tiny.run(mixed, 16).stream().map(Answer::content).toList());
    }
  }

  /** An output over two tokens, greedy or seeded. */
  static GenerationRequest repetitive(int i) {
    return new GenerationRequest(
        new RequestId("repetitive-" + i),
        TokenIds.of(new Random(i).ints(5 + i, 20, 24).toArray()),
        40,
        i % 2 == 0 ? new Sampling.Greedy() : new Sampling.Random(1f, 0, 1f, 0f, i),
        new LogitAdjustments(1f, 0f, 0f, Map.of(20, 60f, 21, 59f)),
        StopRule.END_OF_TEXT,
        -1,
        -1,
        new DecodingChoice.Plain(),
        "");
  }
}
