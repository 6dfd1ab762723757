package io.headrace.decode.specdec;

import io.headrace.decode.Drafter;
import io.headrace.decode.NgramDrafter;
import io.headrace.decode.Offer;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.decode.UnavailableDecoding;
import io.headrace.decode.medusa.NewestState;
import io.headrace.decode.medusa.OwnTrust;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.DecodingChoice.SpecDec;
import io.headrace.generation.DecodingChoice.Stop;
import io.headrace.generation.Strategy;
import io.headrace.model.LikelyColumns;
import io.headrace.model.LogitRows;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Drafts a chain that a {@link ChainRule} ends. Where the last tokens stood before, in prompt or output, it copies what followed there; elsewhere it
 * guesses token by token, each by a head that goes on from the one before it, and beyond the last head that one from itself. What heads know of the text
 * is the state they start from, so what stands there word for word is found better, and at no price, by looking it up.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class ChainDrafter implements Drafter {
  /** Equal tokens before what is copied, at least: after a single one heads guess better. */
  private static final int SHORTEST_MATCH = 2;

  private final SharedHeads heads;
  private final @Nullable Drafter copies;
  private final Offer copied = new Offer();
  private final @Nullable ChainJudge judge;
  private final ChainRule rule;
  private final int mostDrafted;
  private final Chain chain;
  private final OwnTrust own = new OwnTrust();
  private final NewestState newest;
  private final int[] seen = new int[1];
  private boolean copying;

  private ChainDrafter(SharedHeads heads, @Nullable Drafter copies, @Nullable ChainJudge judge, ChainRule rule, int mostDrafted) {
    this.heads = heads;
    this.copies = copies;
    this.judge = judge;
    this.rule = rule;
    this.mostDrafted = mostDrafted;
    chain = new Chain(mostDrafted);
    newest = new NewestState(heads.hidden());
  }

  /**
   * A drafter as {@code choice} asks.
   *
   * @param judge an acceptance head for these heads, if there is one
   * @throws UnavailableDecoding if the choice needs what is not there
   */
  public static ChainDrafter of(SpecDec choice, SharedHeads heads, @Nullable ChainJudge judge) {
    if (!heads.chained()) {
      throw new UnavailableDecoding("'specdec' needs heads of kind chain, which go on from one another; train such, or choose medusa, ngram or auto");
    }
    Stop stop = choice.stop() != null ? choice.stop() : judge != null ? Stop.HEAD : Stop.PRODUCT;
    if (stop == Stop.HEAD && judge == null) {
      throw new UnavailableDecoding(
          "'specdec' with stop 'head' needs an acceptance head beside the heads, which './headrace train acceptance --heads FOLDER' adds to a folder for draft.heads; choose stop product, confidence, fixed or heuristic");
    }
    ChainRule rule = StopCard.rule(choice, stop, judge == null ? null : judge.card());
    int most = choice.draftTokens();
    Drafter copies = choice.copies() ? NgramDrafter.ofChains(new DecodingChoice.Ngram(SHORTEST_MATCH, DecodingChoice.LONGEST_MATCH, most)) : null;
    return new ChainDrafter(heads, copies, stop == Stop.HEAD ? judge : null, rule, most);
  }

  @Override
  public Strategy strategy() {
    return Strategy.SPECDEC;
  }

  @Override
  public int mostDrafted() {
    return mostDrafted;
  }

  @Override
  public void judged(LogitRows rows, int row) {
    newest.judged(rows, row);
  }

  @Override
  public void offer(SequenceView sequence, StepTerms terms, int most, Offer offer) {
    offer(sequence, terms, most, offer, 0);
  }

  @Override
  public void insist(SequenceView sequence, StepTerms terms, int most, Offer offer) {
    offer(sequence, terms, most, offer, 1);
  }

  /** Offers at least so many drafts, whatever the rule says. */
  private void offer(SequenceView sequence, StepTerms terms, int most, Offer offer, int least) {
    learn(sequence);
    int longest = Math.min(most, terms.maxDepth());
    if (copies != null) copies.offer(sequence, terms, longest, copied.clear());
    if (!newest.known()) return;
    float[] state = newest.guess(sequence);
    chain.clear();
    copying = copied.size() > 0;
    if (copying) copy(least, longest, terms, offer);
    else guess(state, sequence.token(sequence.size() - 1), least, longest, terms, offer);
  }

  private void copy(int least, int longest, StepTerms terms, Offer offer) {
    for (int i = 0; i < copied.size() && chain.size() < longest && (i < least || rule.goesOn(chain, terms, 0)); i++) {
      chain.add(i == 0 ? copied.hope(0) : copied.hope(i) / copied.hope(i - 1));
      offer.add(chain.hope());
    }
  }

  private void guess(float[] state, int root, int least, int longest, StepTerms terms, Offer offer) {
    double nanos = heads.nanos() + (judge == null ? 0 : judge.nanos());
    seen[0] = root;
    while (chain.size() < longest && (chain.size() < least || rule.goesOn(chain, terms, nanos))) {
      if (!go(state)) break;
      offer.add(chain.hope());
    }
    // The offer has no price: it has been paid, and what is drafted of the offer does not change it.
  }

  /** Drafts one more token; false where the head has none. */
  private boolean go(float[] state) {
    int depth = chain.size();
    if (depth == 0) heads.begin(0, state);
    else heads.follow(0, 0);
    LogitRows logits = heads.run(depth, seen, 1);
    heads.read(logits, 0);
    LikelyColumns likely = heads.likely();
    if (likely.found() == 0) return false;
    int token = heads.token(likely.column(0));
    double said = likely.probability(0);
    double trusted = heads.trust(depth, said);
    double believed = judge == null ? trusted : judge.accepts(heads, likely, token, depth);
    chain.add(token, said, trusted, believed, own.of(believed));
    seen[0] = token;
    return true;
  }

  @Override
  public void draft(SequenceView sequence, int nodes, TokenTree tree) {
    if (copying) {
      Objects.requireNonNull(copies).draft(sequence, nodes, tree);
      for (int i = 0; i < nodes; i++) chain.token(i, tree.token(1 + i));
    } else {
      for (int i = 0, node = 0; i < nodes; i++) node = tree.add(node, chain.token(i));
    }
    chain.test(nodes);
  }

  /** Compares what was guessed, tested or not, with what was committed since. */
  private void learn(SequenceView sequence) {
    int offeredAt = newest.came(sequence);
    if (offeredAt < 0) return;
    int hits = 0;
    while (hits < chain.size() && offeredAt + hits < sequence.size()) {
      boolean hit = chain.token(hits) == sequence.token(offeredAt + hits);
      if (!copying) {
        heads.saw(hits, chain.trusted(hits), hit);
        own.saw(chain.believed(hits), hit);
      }
      if (!hit) break;
      hits++;
    }
    chain.learn(hits);
  }

  @Override
  public void rebase(int committedTokens) {
    newest.forget();
    if (copies != null) copies.rebase(committedTokens);
    chain.test(0);
  }
}
