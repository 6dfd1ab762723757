package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.model.ModelCapabilities;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

  /** Makes drafters of one kind, a new one for every sequence. Thread: any. */
  @FunctionalInterface
  interface DrafterSource {
    /**
     * @param always whether it drafts at every step, since it was asked for; otherwise it may rest while it does not pay
     * @param mostDrafted nodes of a draft at most
     * @throws UnavailableDecoding if there is none after all
     */
    Drafter drafter(boolean always, int mostDrafted);
  }

  /** The strategies of {@link DecodingChoice} that need nothing beside the model. */
  static StrategySource ofChoice() {
    return ofChoice(null);
  }

  /**
   * The strategies of {@link DecodingChoice}.
   *
   * @param heads makes drafters with the heads that were trained for the model; null where there are none
   */
  static StrategySource ofChoice(@Nullable DrafterSource heads) {
    return (request, model) ->
        switch (request.decoding()) {
          case DecodingChoice.Plain _ -> new PlainDecoding();
          case DecodingChoice.Ngram choice -> {
            needTrees(model, choice);
            yield new DraftedDecoding(List.of(new NgramDrafter(choice)), DraftPolicy.Hopeful.DEFAULT, choice.mostDrafted());
          }
          case DecodingChoice.Medusa choice -> {
            needTrees(model, choice);
            if (heads == null) throw missing(choice, "heads trained for this model");
            yield new DraftedDecoding(List.of(heads.drafter(true, choice.mostDrafted())), DraftPolicy.Paying.ANY, choice.mostDrafted());
          }
          case DecodingChoice.Auto(int mostDrafted) ->
              model.treePass()
                  ? new DraftedDecoding(drafters(heads, mostDrafted), DraftPolicy.Paying.DEFAULT, mostDrafted)
                  : new PlainDecoding();
          case DecodingChoice.SpecDec choice -> throw missing(choice, "a draft model for this model");
          case DecodingChoice.Entropy choice -> throw missing(choice, "a smaller model with the same tokens beside this one");
        };
  }

  /** All that can draft for this model, for {@code auto} to choose from, the cheapest first. */
  private static List<Drafter> drafters(@Nullable DrafterSource heads, int mostDrafted) {
    DecodingChoice.Ngram usual = DecodingChoice.Ngram.DEFAULT;
    List<Drafter> drafters = new ArrayList<>();
    drafters.add(new NgramDrafter(new DecodingChoice.Ngram(usual.shortestMatch(), usual.longestMatch(), mostDrafted)));
    if (heads != null) {
      try {
        drafters.add(heads.drafter(false, mostDrafted));
      } catch (UnavailableDecoding _) {
        // Drafts what pays of what there is.
      }
    }
    return drafters;
  }

  private static void needTrees(ModelCapabilities model, DecodingChoice choice) {
    if (!model.treePass()) throw missing(choice, "several rows in one pass, which this model cannot compute");
  }

  private static UnavailableDecoding missing(DecodingChoice choice, String what) {
    return new UnavailableDecoding("'%s' needs %s; choose plain, ngram or auto".formatted(choice.word(), what));
  }
}
