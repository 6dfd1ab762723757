package io.headrace.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.engine.Engine;
import io.headrace.engine.EngineOptions;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingRecord;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.StopRule;
import io.headrace.generation.TokenIds;
import io.headrace.intake.cascade.Judges;
import io.headrace.testing.Engines;
import io.headrace.testing.ScriptedModel;
import io.headrace.text.ChatTemplate;
import io.headrace.text.SpecialIds;
import io.headrace.text.Tokenizer;
import io.headrace.text.VocabularySource;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ModelDeskTest {
  private static final int QUEUE = 4;

  private Engine engine;
  private Tokenizer tokenizer;
  private ModelDesk desk;

  @BeforeEach
  void open() {
    engine = Engines.of(ScriptedModel.withBlocks(64), EngineOptions.defaults(Set.of()).withMaxQueued(QUEUE));
    List<String> letters = new ArrayList<>();
    for (char c = 'a'; c <= 'z'; c++) letters.add(String.valueOf(c));
    tokenizer =
        Tokenizer.of(
            new VocabularySource.Lists(
                "gpt2", "gpt-2", letters, new int[0], List.of(), new float[0], false, SpecialIds.NONE));
    ChatTemplate template = ChatTemplate.of(ChatTemplate.CHATML, null, null, Clock.systemUTC());
    desk =
        new ModelDesk(
            new ServedModel("m", 0, 512, new DecodingChoice.Auto(3), Map.of()),
            engine,
            tokenizer,
            new PromptAssembly(tokenizer, template, letters.size()),
            letters.size(),
            () -> 7,
            Judges.FREE);
  }

  @AfterEach
  void close() {
    engine.close();
    tokenizer.close();
  }

  @Test
  void aCallThatNoQueueCouldHoldIsRefusedByTheFieldThatAsksForSoMuch() {
    Rejection.Malformed choices = malformed(desk.submit(call(1, QUEUE + 1)));
    assertEquals("n", choices.field());
    assertTrue(choices.problem().contains("5") && choices.problem().contains("4"), choices.problem());
    assertEquals("prompt", malformed(desk.submit(call(QUEUE + 1, 1))).field());
    assertEquals(0, engine.snapshot().submitted());
  }

  @Test
  void aCallAsLargeAsTheQueueIsServed() {
    Answer<LiveGeneration> answer = desk.submit(call(2, QUEUE / 2));
    try (var live = (LiveGeneration) assertInstanceOf(Answer.Given.class, answer).value()) {
      assertEquals(QUEUE, live.choices().size());
    }
  }

  @Test
  void aDecodingThatTheModelLacksSomethingForIsRefusedWithWhat() {
    for (DecodingChoice choice : List.of(DecodingChoice.Medusa.DEFAULT, DecodingChoice.SpecDec.DEFAULT, DecodingChoice.Entropy.DEFAULT)) {
      Rejection refused = assertInstanceOf(Answer.Refused.class, desk.submit(call(1, 1, choice))).rejection();
      Rejection.Unsupported unsupported = assertInstanceOf(Rejection.Unsupported.class, refused);
      assertEquals("decoding", unsupported.field());
      assertTrue(unsupported.problem().contains(choice.word()) && unsupported.problem().contains("needs"), unsupported.problem());
    }
    assertEquals(0, engine.snapshot().refused());
  }

  @Test
  void whoSaysNothingGetsTheModelsOwnDecodingAndWhoSaysSomethingThat() throws InterruptedException {
    assertTrue(drafted(desk.submit(call(1, 1, null))) > 0, "the model's own is auto");
    assertEquals(0, drafted(desk.submit(call(1, 1, new DecodingChoice.Plain()))));
  }

  /** Drafted tokens of the only output, which repeats itself. */
  private static long drafted(Answer<LiveGeneration> answer) throws InterruptedException {
    try (var live = (LiveGeneration) assertInstanceOf(Answer.Given.class, answer).value()) {
      while (true) {
        GenerationPiece piece = live.choices().getFirst().next(Duration.ofSeconds(60));
        if (piece instanceof GenerationPiece.End end) {
          return end.timings().decoding().stream().mapToLong(DecodingRecord::drafted).sum();
        }
      }
    }
  }

  private static Rejection.Malformed malformed(Answer<LiveGeneration> answer) {
    return assertInstanceOf(
        Rejection.Malformed.class, assertInstanceOf(Answer.Refused.class, answer).rejection());
  }

  private static GenerationCall call(int prompts, int choices) {
    return call(prompts, choices, new DecodingChoice.Plain());
  }

  private static GenerationCall call(int prompts, int choices, @Nullable DecodingChoice decoding) {
    List<Prompt> all = new ArrayList<>();
    for (int i = 0; i < prompts; i++) all.add(new Prompt.Tokens(TokenIds.of(1, 2, i)));
    return new GenerationCall(
        "call",
        null,
        all,
        choices,
        OptionalInt.of(40),
        0,
        0,
        1,
        0,
        OptionalLong.of(1),
        new LogitAdjustments(1, 0, 0, Map.of(5, 100f)),
        StopRule.END_OF_TEXT,
        -1,
        -1,
        decoding,
        "");
  }
}
