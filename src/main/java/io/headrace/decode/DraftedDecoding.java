package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tests the draft of whichever drafter promises most, as much of it as its policy allows, and accepts what plain decoding would have chosen.
 * With one drafter it is that drafter's strategy, with several it arbitrates between them, step by step, down to no draft at all.
 *
 * <p>Exact: a draft decides how many tokens a pass yields, never which; unless drafts that are only typical are to be accepted too.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class DraftedDecoding implements DecodingStrategy {
  /**
   * Steps without a draft after which one node is tried though the policy wants none, lest a wrong expectation stays for ever; so many for
   * each sequence that decodes beside, for all of them wait for a trial.
   */
  static final int PROBE_AFTER = 64;

  private final List<Drafter> drafters;
  private final DraftPolicy policy;
  private final int mostNodes;
  private final DecodingChoice.@Nullable Typical typical;
  private final Offer[] offers;
  private final int[] children = new int[DecodingChoice.MOST_DRAFTED];
  private final TokenTree tree = new TokenTree(8);
  private final Verdict verdict = new Verdict();
  private Strategy proposer = Strategy.PLAIN;
  private int quiet;

  /**
   * @param drafters at least one, the cheapest first
   * @param mostDrafted nodes below the root at most, whatever the drafters could
   */
  public DraftedDecoding(List<Drafter> drafters, DraftPolicy policy, int mostDrafted) {
    this(drafters, policy, mostDrafted, null);
  }

  /**
   * As above.
   *
   * @param typical which drafts are accepted beside those that plain decoding would have chosen; null for none
   */
  public DraftedDecoding(List<Drafter> drafters, DraftPolicy policy, int mostDrafted, DecodingChoice.@Nullable Typical typical) {
    this.typical = typical;
    if (drafters.isEmpty()) throw new IllegalArgumentException("drafting needs a drafter");
    this.drafters = List.copyOf(drafters);
    this.policy = policy;
    offers = new Offer[drafters.size()];
    int most = 1;
    for (int i = 0; i < offers.length; i++) {
      offers[i] = new Offer();
      most = Math.max(most, drafters.get(i).mostDrafted());
    }
    mostNodes = 1 + Math.min(most, mostDrafted);
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    tree.root(sequence.token(sequence.size() - 1));
    proposer = Strategy.PLAIN;
    int most = Math.min(terms.maxNodes(), mostNodes) - 1;
    if (most < 1 || terms.maxDepth() < 1) return tree;
    int chosen = -1;
    int nodes = 0;
    int fallback = -1;
    double worth = 0;
    double fallbackHope = 0;
    for (int i = 0; i < offers.length; i++) {
      Offer offer = offers[i].clear();
      Drafter drafter = drafters.get(i);
      drafter.offer(sequence, terms, Math.min(most, drafter.mostDrafted()), Math.max(1, worth), offer);
      if (offer.size() == 0) continue;
      if (offer.hope(0) > fallbackHope) {
        fallback = i;
        fallbackHope = offer.hope(0);
      }
      int wanted = policy.nodes(offer, terms);
      if (wanted == 0) continue;
      double now = DraftPolicy.worth(offer, wanted, terms);
      if (chosen >= 0 && now <= worth) continue;
      chosen = i;
      nodes = wanted;
      worth = now;
    }
    if (chosen < 0 && fallback >= 0 && ++quiet >= PROBE_AFTER * terms.decoding()) {
      chosen = fallback;
      nodes = 1;
    }
    if (chosen < 0) return tree;
    quiet = 0;
    drafters.get(chosen).draft(sequence, nodes, tree);
    if (tree.size() > 1) proposer = drafters.get(chosen).strategy();
    return tree;
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    if (typical == null) Acceptance.drawAndMatch(tree, rows, picker, verdict);
    else Acceptance.typical(tree, rows, picker, typical, children, verdict);
    int row = verdict.accepted() == 0 ? 0 : verdict.node(verdict.accepted() - 1);
    for (int i = 0; i < drafters.size(); i++) drafters.get(i).judged(rows, row);
    return verdict;
  }

  @Override
  public void rebase(int committedTokens) {
    for (int i = 0; i < drafters.size(); i++) drafters.get(i).rebase(committedTokens);
  }

  @Override
  public Fidelity fidelity() {
    return typical == null ? Fidelity.EXACT : Fidelity.APPROXIMATE;
  }

  @Override
  public int mostNodes() {
    return mostNodes;
  }

  @Override
  public Strategy proposer() {
    return proposer;
  }
}
