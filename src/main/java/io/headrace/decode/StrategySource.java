package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.model.ModelCapabilities;
import java.util.List;

/**
 * Makes the strategy of one sequence.
 *
 * <p>Errors: {@link UnavailableDecoding} if the model cannot do what the choice needs, with what is missing; the request is refused then,
 * never decoded some other way.
 *
 * <p>Thread: the caller's of {@code submit}; called once per request.
 */
@FunctionalInterface
public interface StrategySource {
  DecodingStrategy strategyFor(GenerationRequest request, ModelCapabilities model);

  /** The strategies of {@link DecodingChoice} that need nothing beside the model. */
  static StrategySource ofChoice() {
    return (request, model) ->
        switch (request.decoding()) {
          case DecodingChoice.Plain _ -> new PlainDecoding();
          case DecodingChoice.Ngram choice -> {
            needTrees(model, choice);
            yield new DraftedDecoding(List.of(new NgramDrafter(choice)), DraftPolicy.Hopeful.DEFAULT, choice.mostDrafted());
          }
          case DecodingChoice.Auto(int mostDrafted) ->
              model.treePass()
                  ? new DraftedDecoding(drafters(mostDrafted), DraftPolicy.Paying.DEFAULT, mostDrafted)
                  : new PlainDecoding();
          case DecodingChoice.Medusa choice -> throw missing(choice, "heads trained for this model");
          case DecodingChoice.SpecDec choice -> throw missing(choice, "a draft model for this model");
          case DecodingChoice.Entropy choice -> throw missing(choice, "a smaller model with the same tokens beside this one");
        };
  }

  /** All that can draft for this model, for {@code auto} to choose from. */
  private static List<Drafter> drafters(int mostDrafted) {
    DecodingChoice.Ngram usual = DecodingChoice.Ngram.DEFAULT;
    return List.of(new NgramDrafter(new DecodingChoice.Ngram(usual.shortestMatch(), usual.longestMatch(), mostDrafted)));
  }

  private static void needTrees(ModelCapabilities model, DecodingChoice choice) {
    if (!model.treePass()) throw missing(choice, "several rows in one pass, which this model cannot compute");
  }

  private static UnavailableDecoding missing(DecodingChoice choice, String what) {
    return new UnavailableDecoding("'%s' needs %s; choose plain, ngram or auto".formatted(choice.word(), what));
  }
}
