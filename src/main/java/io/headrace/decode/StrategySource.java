package io.headrace.decode;

import io.headrace.decode.fusion.FusedLogits;
import io.headrace.decode.fusion.FusionDecoding;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.Sampling;
import io.headrace.model.ModelCapabilities;
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
     * @param always whether drafts by it were asked for, so that whatever it needs is awaited; otherwise there may be none yet
     * @param mostDrafted nodes of a draft at most
     * @throws UnavailableDecoding if there is none after all
     */
    PricedDrafter drafter(boolean always, int mostDrafted);
  }

  /** Makes drafters of chains, a new one for every sequence. Thread: any. */
  @FunctionalInterface
  interface ChainSource {
    /** @throws UnavailableDecoding if the choice needs what is not there */
    Drafter drafter(DecodingChoice.SpecDec choice);
  }

  /** The strategies of {@link DecodingChoice} that need nothing beside the model. */
  static StrategySource ofChoice() {
    return ofChoice(null, null, List.of());
  }

  /** As {@link #ofChoice(DrafterSource, ChainSource, List)} without chains. */
  static StrategySource ofChoice(@Nullable DrafterSource heads, List<String> companions) {
    return ofChoice(heads, null, companions);
  }

  /** As {@link #ofChoice(DrafterSource, ChainSource, List)} without companions. */
  static StrategySource ofChoice(@Nullable DrafterSource heads, @Nullable ChainSource chains) {
    return ofChoice(heads, chains, List.of());
  }

  /**
   * The strategies of {@link DecodingChoice}.
   *
   * @param heads makes drafters with the heads that were trained for the model; null where there are none
   * @param chains makes drafters that run these heads one after the other; null likewise
   * @param companions names of the models beside it, the first of them number 1
   */
  static StrategySource ofChoice(@Nullable DrafterSource heads, @Nullable ChainSource chains, List<String> companions) {
    FusedLogits fused = new FusedLogits();
    return (request, model) ->
        switch (request.decoding()) {
          case DecodingChoice.Plain _ -> new PlainDecoding();
          case DecodingChoice.Ngram choice -> {
            needTrees(model, choice);
            yield new DraftedDecoding(new NgramDrafter(choice), DraftPolicy.Hopeful.DEFAULT, choice.mostDrafted());
          }
          case DecodingChoice.Medusa choice -> {
            needTrees(model, choice);
            if (heads == null) throw missing(choice, "heads trained for this model");
            // What is taken greedily has no distribution that a draft could be typical of.
            DecodingChoice.Typical typical = request.sampling() instanceof Sampling.Greedy ? null : choice.typical();
            yield new DraftedDecoding(heads.drafter(true, choice.mostDrafted()), DraftPolicy.Paying.ANY, choice.mostDrafted(), typical);
          }
          case DecodingChoice.Auto(int mostDrafted) -> model.treePass() ? auto(heads, mostDrafted) : new PlainDecoding();
          case DecodingChoice.SpecDec choice -> {
            needTrees(model, choice);
            if (chains == null) throw missing(choice, "heads trained for this model");
            boolean weighed = choice.stop() == null || choice.stop().weighsRisk();
            DraftPolicy policy = weighed ? DraftPolicy.Paying.ANY : new DraftPolicy.All();
            yield new DraftedDecoding(chains.drafter(choice), policy, choice.draftTokens());
          }
          case DecodingChoice.Entropy choice -> new EntropyDecoding(choice, companion(choice, "companion", choice.companion(), companions));
          case DecodingChoice.Companion choice -> new CompanionDecoding(companion(choice, "name", choice.name(), companions));
          case DecodingChoice.Fusion choice -> {
            int base = companion(choice, "base", choice.base(), companions);
            int[] experts = choice.experts().stream().mapToInt(name -> companion(choice, "experts", name, companions)).toArray();
            yield new FusionDecoding(base, experts, choice.alpha(), fused);
          }
          case DecodingChoice.Cascade _ -> throw new UnavailableDecoding("'cascade' is several requests: ask a server, or send them one by one");
        };
  }

  /** Whatever can draft for this model, as far as it pays. */
  private static DecodingStrategy auto(@Nullable DrafterSource heads, int mostDrafted) {
    DecodingChoice.Ngram usual = DecodingChoice.Ngram.DEFAULT;
    Drafter free = new NgramDrafter(new DecodingChoice.Ngram(usual.shortestMatch(), usual.longestMatch(), mostDrafted));
    return new AutoDecoding(free, priced(heads, mostDrafted), mostDrafted);
  }

  private static @Nullable PricedDrafter priced(@Nullable DrafterSource heads, int mostDrafted) {
    if (heads == null) return null;
    try {
      return heads.drafter(false, mostDrafted);
    } catch (UnavailableDecoding _) {
      return null; // drafts what pays of what there is
    }
  }

  /**
   * The number of the companion that a choice means: the one it names, or the only one.
   *
   * @param option of the choice that names it
   */
  private static int companion(DecodingChoice choice, String option, String name, List<String> companions) {
    if (companions.isEmpty()) throw missing(choice, "a companion, another model with the same tokens beside this one (--companions NAME=MODEL)");
    String all = String.join(", ", companions);
    if (name.isEmpty() && companions.size() > 1) throw new UnavailableDecoding(option, "'%s' has to say which companion; there are %s".formatted(choice.word(), all));
    int at = name.isEmpty() ? 0 : companions.indexOf(name);
    if (at < 0) throw new UnavailableDecoding(option, "there is no companion '%s'; there are %s".formatted(name, all));
    return 1 + at;
  }

  private static void needTrees(ModelCapabilities model, DecodingChoice choice) {
    if (!model.treePass()) throw missing(choice, "several rows in one pass, which this model cannot compute");
  }

  private static UnavailableDecoding missing(DecodingChoice choice, String what) {
    return new UnavailableDecoding("'%s' needs %s; choose plain, ngram or auto".formatted(choice.word(), what));
  }
}
