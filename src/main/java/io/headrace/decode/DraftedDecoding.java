package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import org.jspecify.annotations.Nullable;

/**
 * Tests the draft of one drafter, as much of it as its policy allows, and accepts what plain decoding would have chosen.
 *
 * <p>Exact: a draft decides how many tokens a pass yields, never which; unless drafts that are only typical are to be accepted too.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class DraftedDecoding implements DecodingStrategy {
  /** Steps without a draft after which one node is tried though none seems to pay, lest a wrong expectation stays for ever. */
  static final int PROBE_AFTER = 32;

  private final Drafter drafter;
  private final DraftPolicy policy;
  private final int mostNodes;
  private final DecodingChoice.@Nullable Typical typical;
  private final Offer offer = new Offer();
  private final int[] children = new int[DecodingChoice.MOST_DRAFTED];
  private final TokenTree tree = new TokenTree(8);
  private final Verdict verdict = new Verdict();
  private Strategy proposer = Strategy.PLAIN;
  private int quiet;

  /**
   * @param mostDrafted nodes below the root at most, whatever the drafter could
   */
  public DraftedDecoding(Drafter drafter, DraftPolicy policy, int mostDrafted) {
    this(drafter, policy, mostDrafted, null);
  }

  /**
   * As above.
   *
   * @param typical which drafts are accepted beside those that plain decoding would have chosen; null for none
   */
  public DraftedDecoding(Drafter drafter, DraftPolicy policy, int mostDrafted, DecodingChoice.@Nullable Typical typical) {
    this.drafter = drafter;
    this.policy = policy;
    this.typical = typical;
    mostNodes = 1 + Math.min(Math.max(1, drafter.mostDrafted()), mostDrafted);
  }

  @Override
  public void prepare(SequenceView sequence, StepTerms terms) {
    if (mostDrafted(terms) > 0) drafter.prepare(sequence, terms);
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    tree.root(sequence.token(sequence.size() - 1));
    proposer = Strategy.PLAIN;
    int most = mostDrafted(terms);
    if (most < 1) return tree;
    boolean probes = quiet + 1 >= PROBE_AFTER * terms.decoding();
    int offered = Math.min(most, drafter.mostDrafted());
    if (probes) drafter.insist(sequence, terms, offered, offer.clear());
    else drafter.offer(sequence, terms, offered, offer.clear());
    int nodes = policy.nodes(offer, terms);
    if (nodes == 0 && !(probes && offer.size() > 0)) {
      quiet++;
      return tree;
    }
    quiet = 0;
    drafter.draft(sequence, Math.max(1, nodes), tree);
    if (tree.size() > 1) proposer = drafter.strategy();
    return tree;
  }

  /** Nodes below the root that the step allows, 0 where none could still be output. */
  private int mostDrafted(StepTerms terms) {
    return terms.maxDepth() < 1 ? 0 : Math.min(terms.maxNodes(), mostNodes) - 1;
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    if (typical == null) Acceptance.drawAndMatch(tree, rows, picker, verdict);
    else Acceptance.typical(tree, rows, picker, typical, children, verdict);
    drafter.judged(rows, verdict.finalRow());
    return verdict;
  }

  @Override
  public void rebase(int committedTokens) {
    drafter.rebase(committedTokens);
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
