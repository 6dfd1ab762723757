package io.headrace.intake;

import io.headrace.engine.Engine;
import io.headrace.engine.EngineRefusal;
import io.headrace.engine.Outbox;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.RequestId;
import io.headrace.generation.TokenIds;
import io.headrace.intake.cascade.Judge;
import io.headrace.intake.cascade.Judges;
import io.headrace.text.Tokenizer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The front desk of one model.
 *
 * <p>Thread: any; everything mutable here is atomic.
 */
public final class ModelDesk implements FrontDesk {
  /** When to come back after a full queue. A guess; nothing measured yet. */
  private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  private final ServedModel model;
  private final Engine engine;
  private final Tokenizer tokenizer;
  private final PromptAssembly assembly;
  private final TokenTexts texts;
  private final int vocabulary;
  private final LongSupplier seeds;
  private final Judges judges;
  private final CascadeCounts cascades = new CascadeCounts();
  private final CascadeDesk cascadeDesk = new CascadeDesk();
  private final AtomicLong calls = new AtomicLong();
  private final AtomicBoolean draining = new AtomicBoolean();

  /**
   * @param vocabulary rows of the model's output
   * @param seeds draws a seed for calls that name none
   * @param judges of cascades
   */
  public ModelDesk(
      ServedModel model, Engine engine, Tokenizer tokenizer, PromptAssembly assembly, int vocabulary, LongSupplier seeds, Judges judges) {
    this.judges = judges;
    this.model = model;
    this.engine = engine;
    this.tokenizer = tokenizer;
    this.assembly = assembly;
    this.texts = new TokenTexts(tokenizer);
    this.vocabulary = vocabulary;
    this.seeds = seeds;
  }

  /** How cascades ended since the start, by a name that ends in its unit. */
  public Map<String, Number> totals() {
    return cascades.totals();
  }

  /** Takes no calls any more. */
  public void drain() {
    draining.set(true);
  }

  @Override
  public List<ServedModel> models() {
    return List.of(model);
  }

  @Override
  public boolean takesRequests() {
    return !draining.get();
  }

  @Override
  public Answer<LiveGeneration> submit(GenerationCall call) {
    if (draining.get()) return Answer.refused(new Rejection.Draining());
    return named(call.model()).then(_ -> adjustmentsFit(call)).then(_ -> judged(call)).then(_ -> fitsTheQueue(call)).then(_ -> requests(call)).then(requests -> start(call, requests));
  }

  @Override
  public Answer<Tokenised> tokenize(@Nullable String name, Prompt prompt) {
    return named(name)
        .then(
            _ ->
                prompt instanceof Prompt.Text(String text, boolean special, boolean parse) && text.isEmpty()
                    ? Answer.of(TokenIds.of(tokenizer.encode(text, special, parse)))
                    : assembly.tokens(prompt, prompt instanceof Prompt.Chat ? "messages" : "prompt"))
        .then(
            ids -> {
              List<String> each = new ArrayList<>();
              for (int i = 0; i < ids.size(); i++) each.add(texts.text(ids.get(i)));
              return Answer.of(new Tokenised(ids, each, model.window()));
            });
  }

  @Override
  public Answer<String> detokenize(@Nullable String name, TokenIds tokens) {
    return named(name)
        .then(
            _ -> {
              for (int i = 0; i < tokens.size(); i++) {
                if (tokens.get(i) >= tokenizer.vocabularySize()) {
                  return Answer.refused(
                      new Rejection.Malformed(
                          "tokens[%d]".formatted(i),
                          "token id %d is not below the vocabulary's %d".formatted(tokens.get(i), tokenizer.vocabularySize())));
                }
              }
              return Answer.of(tokenizer.decode(tokens.toArray(), false));
            });
  }

  @Override
  public Answer<String> applyTemplate(@Nullable String name, Prompt.Chat chat) {
    return named(name).then(_ -> assembly.render(chat));
  }

  private Answer<ServedModel> named(@Nullable String name) {
    return name == null || name.equals(model.id())
        ? Answer.of(model)
        : Answer.refused(new Rejection.UnknownModel(name, List.of(model.id())));
  }

  private Answer<GenerationCall> adjustmentsFit(GenerationCall call) {
    for (int token : call.adjustments().bias().keySet()) {
      if (token >= vocabulary) return Answer.refused(outside("logit_bias", token));
    }
    for (int token : call.stop().tokens()) {
      if (token >= vocabulary) return Answer.refused(outside("stop_token_ids", token));
    }
    return Answer.of(call);
  }

  private Answer<GenerationCall> judged(GenerationCall call) {
    if (!(decoding(call) instanceof DecodingChoice.Cascade cascade) || judges.of(cascade.judge()) != null) return Answer.of(call);
    return Answer.refused(
        new Rejection.Unsupported(
            "decoding.judge",
            "'%s' compares with known answers, and this server has none; start it with cascade.references=FILE or choose another judge"
                .formatted(cascade.judge().word())));
  }

  private DecodingChoice decoding(GenerationCall call) {
    return call.decoding() == null ? model.decoding() : call.decoding();
  }

  private Rejection outside(String field, int token) {
    return new Rejection.Malformed(field, "token id %d is not below the vocabulary's %d".formatted(token, vocabulary));
  }

  /** A call that needs more places than the queue has would be told to come back for ever. */
  private Answer<GenerationCall> fitsTheQueue(GenerationCall call) {
    long outputs = (long) call.prompts().size() * call.choicesPerPrompt();
    if (outputs <= engine.maxQueued()) return Answer.of(call);
    boolean choices = call.choicesPerPrompt() > 1;
    return Answer.refused(
        new Rejection.Malformed(
            choices ? "n" : "prompt",
            "asks for %d outputs, the server takes at most %d in one call (%d %s); send several calls"
                .formatted(
                    outputs,
                    engine.maxQueued(),
                    call.prompts().size(),
                    choices ? "x %d choices".formatted(call.choicesPerPrompt()) : "prompts")));
  }

  private Answer<List<GenerationRequest>> requests(GenerationCall call) {
    long firstSeed = call.seed().orElseGet(seeds);
    long number = calls.incrementAndGet();
    List<GenerationRequest> requests = new ArrayList<>();
    for (int p = 0; p < call.prompts().size(); p++) {
      Prompt prompt = call.prompts().get(p);
      String field = prompt instanceof Prompt.Chat ? "messages" : call.prompts().size() == 1 ? "prompt" : "prompt[%d]".formatted(p);
      TokenIds ids;
      switch (assembly.tokens(prompt, field)) {
        case Answer.Given<TokenIds>(TokenIds given) -> ids = given;
        case Answer.Refused<TokenIds>(Rejection why) -> {
          return Answer.refused(why);
        }
      }
      int left = model.window() - ids.size();
      int max = call.maxNewTokens().orElse(Math.max(1, left));
      if (max > left) return Answer.refused(new Rejection.PromptTooLong(field, ids.size(), max, model.window()));
      for (int k = 0; k < call.choicesPerPrompt(); k++) {
        requests.add(
            new GenerationRequest(
                new RequestId("%s/%d/%d".formatted(call.requestId(), number, requests.size())),
                ids,
                max,
                call.sampling(firstSeed, k),
                call.adjustments(),
                call.stop(),
                call.logprobs(),
                call.promptLogprobs(),
                decoding(call),
                call.cacheSalt()));
      }
    }
    return Answer.of(requests);
  }

  private Answer<LiveGeneration> start(GenerationCall call, List<GenerationRequest> requests) {
    List<LiveChoice> choices = new ArrayList<>();
    List<Runnable> cancels = new CopyOnWriteArrayList<>();
    Runnable cancel = () -> cancels.forEach(Runnable::run);
    for (int i = 0; i < requests.size(); i++) {
      GenerationRequest request = requests.get(i);
      try {
        if (request.decoding() instanceof DecodingChoice.Cascade cascade) {
          CascadeChoice choice = cascade(request, cascade, call.prompts().get(i / call.choicesPerPrompt()));
          choices.add(choice);
          cancels.add(choice::cancel);
        } else {
          choices.add(text(request, engine.submit(request)));
          cancels.add(() -> engine.cancel(request.id()));
        }
      } catch (EngineRefusal refusal) {
        cancel.run();
        return Answer.refused(
            switch (refusal.reason()) {
              case FULL -> new Rejection.Overloaded(RETRY_AFTER);
              case CLOSING -> new Rejection.Draining();
              case DECODING -> new Rejection.Unsupported(field(request.decoding(), refusal.option()), refusal.getMessage());
            });
      } catch (RuntimeException defect) {
        cancel.run();
        throw defect;
      }
    }
    return Answer.of(new LiveGeneration(model.id(), choices, cancel));
  }

  /** The field of an option of a choice; what a cascade's companion lacks, the cascade's option lacks. */
  private static String field(DecodingChoice choice, String option) {
    if (option.isEmpty()) return "decoding";
    return "decoding." + (choice instanceof DecodingChoice.Cascade ? "small" : option);
  }

  private CascadeChoice cascade(GenerationRequest request, DecodingChoice.Cascade cascade, Prompt prompt) {
    Judge judge = Objects.requireNonNull(judges.of(cascade.judge()), "checked before");
    return new CascadeChoice(request, cascade, judge, assembly.words(prompt), cascadeDesk);
  }

  private TextChoice text(GenerationRequest request, Outbox outbox) {
    return new TextChoice(request, outbox, tokenizer, texts);
  }

  /** What cascades need of this desk. */
  private final class CascadeDesk implements CascadeChoice.Desk {
    @Override
    public Outbox submit(GenerationRequest request) {
      return engine.submit(request);
    }

    @Override
    public void cancel(RequestId id) {
      engine.cancel(id);
    }

    @Override
    public TextChoice text(GenerationRequest request, Outbox outbox) {
      return ModelDesk.this.text(request, outbox);
    }

    @Override
    public String tokenText(int token) {
      return texts.text(token);
    }

    @Override
    public @Nullable TokenIds ask(String question) {
      List<Map<String, Object>> messages = List.of(Map.of("role", "user", "content", question));
      Answer<TokenIds> tokens = assembly.tokens(new Prompt.Chat(messages, List.of(), true, Map.of()), "judge");
      return tokens instanceof Answer.Given<TokenIds>(TokenIds ids) && ids.size() < model.window() ? ids : null;
    }

    @Override
    public void count(boolean kept, int questions) {
      cascades.count(kept, questions);
    }
  }
}
