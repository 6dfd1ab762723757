package io.headrace.decode;

import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Strategy;

/**
 * Prompt lookup: drafts what followed the last tokens where they stood before, in the prompt or the output. Where they stood before
 * different tokens, other continuations may be drafted beside the likeliest, as further branches.
 *
 * <p>How likely a continuation is to go on is learnt by the length of the match behind it, drafted tokens included: a copied passage of
 * twenty tokens rarely ends at the next one, a match of two tokens is mostly chance. It is learnt from every token that was committed,
 * drafted or not: what was offered is remembered and compared, so a request that drafts nothing still finds out when drafting begins to pay.
 *
 * <p>A continuation that runs into the end of the text goes on with its own beginning, so a loop of any period is drafted as far as
 * wanted.
 *
 * <p>Thread: engine thread; one per sequence.
 *
 * @see <a href="https://github.com/apoorvumang/prompt-lookup-decoding">Prompt lookup decoding</a>
 */
public final class NgramDrafter implements Drafter {
  /** Continuations considered at once where the draft is a tree. */
  private static final int BRANCHES = 2;

  /**
   * How often a continuation goes on after a match of 1, 2, 3, 4, 5-6, 7-9, 10-15, 16-31 and 32 tokens. Measured on the default model's
   * greedy answers to 176 instructions, school questions and texts to be copied.
   */
  private static final double[] GOES_ON = {0.25, 0.5, 0.6, 0.65, 0.72, 0.8, 0.85, 0.93, 0.98};

  /** How often another continuation is right where those before it were wrong, by the length of its own match; measured there too. */
  private static final double[] OTHER = {0.18, 0.3, 0.35, 0.38, 0.4, 0.4, 0.4, 0.4, 0.4};

  private final NgramIndex index;
  private final int mostDrafted;
  private final HitRates goesOn = new HitRates(GOES_ON);
  private final HitRates other = new HitRates(OTHER);

  /** What was offered last, by branch: its tokens and the length of the match before them. */
  private final int[][] chains;

  private final int[] matches;
  private int branches;
  private int chainLength;

  /** Tokens of the text when it was offered. */
  private int offeredAt;

  /** Of the nodes on offer, in order: the branch each belongs to. */
  private final int[] branchOf;

  private final double[] hope;
  private final int[] taken;
  private final int[] last;

  NgramDrafter(DecodingChoice.Ngram choice) {
    this(choice, BRANCHES);
  }

  private NgramDrafter(DecodingChoice.Ngram choice, int most) {
    index = new NgramIndex(choice.shortestMatch(), choice.longestMatch(), most);
    mostDrafted = choice.mostDrafted();
    chains = new int[most][mostDrafted];
    matches = new int[most];
    hope = new double[most];
    taken = new int[most];
    last = new int[most];
    branchOf = new int[mostDrafted];
  }

  /** Drafts the one likeliest continuation: a chain. */
  public static NgramDrafter ofChains(DecodingChoice.Ngram choice) {
    return new NgramDrafter(choice, 1);
  }

  @Override
  public Strategy strategy() {
    return Strategy.NGRAM;
  }

  @Override
  public int mostDrafted() {
    return mostDrafted;
  }

  @Override
  public void offer(SequenceView sequence, StepTerms terms, int most, Offer offer) {
    learn(sequence);
    index.extend(sequence);
    branches = index.search();
    offeredAt = index.size();
    chainLength = Math.min(mostDrafted, terms.maxDepth());
    for (int branch = 0; branch < branches; branch++) {
      matches[branch] = index.length(branch);
      continuation(chains[branch], index.place(branch));
      taken[branch] = 0;
    }
    double left = 1;
    for (int branch = 0; branch < branches; branch++) {
      hope[branch] = left * (branch == 0 ? goesOn : other).rate(kind(matches[branch]));
      left -= hope[branch];
    }
    // The likeliest node first; a node is never likelier than the one above it.
    for (int node = 0; node < most; node++) {
      int likeliest = -1;
      for (int branch = 0; branch < branches; branch++) {
        if (taken[branch] < chainLength && (likeliest < 0 || hope[branch] > hope[likeliest])) likeliest = branch;
      }
      if (likeliest < 0) return;
      offer.add(hope[likeliest]);
      branchOf[node] = likeliest;
      taken[likeliest]++;
      hope[likeliest] *= goesOn.rate(kind(matches[likeliest] + taken[likeliest]));
    }
  }

  @Override
  public void draft(SequenceView sequence, int nodes, TokenTree tree) {
    for (int branch = 0; branch < branches; branch++) {
      taken[branch] = 0;
      last[branch] = 0;
    }
    for (int node = 0; node < nodes; node++) {
      int branch = branchOf[node];
      last[branch] = tree.add(last[branch], chains[branch][taken[branch]++]);
    }
  }

  @Override
  public void rebase(int committedTokens) {
    index.cut(committedTokens);
    if (offeredAt > committedTokens) branches = 0;
  }

  /** What follows {@code place}, and after the text's end what it has brought already. */
  private void continuation(int[] chain, int place) {
    for (int i = 0; i < chainLength; i++) {
      int at = place + i;
      chain[i] = at < index.size() ? index.token(at) : chain[at - index.size()];
    }
  }

  /** Compares what was offered last with what has been committed since. */
  private void learn(SequenceView sequence) {
    if (branches == 0 || offeredAt >= sequence.size()) return;
    boolean right = false;
    for (int branch = 0; branch < branches && !right; branch++) right = compare(sequence, branch, branch == 0 ? goesOn : other);
    branches = 0;
  }

  /** Whether the first token of a branch was right; that is told to {@code firstKind}, what follows to {@link #goesOn}. */
  private boolean compare(SequenceView sequence, int branch, HitRates firstKind) {
    for (int i = 0; i < chainLength && offeredAt + i < sequence.size(); i++) {
      boolean hit = chains[branch][i] == sequence.token(offeredAt + i);
      (i == 0 ? firstKind : goesOn).saw(kind(matches[branch] + i), hit);
      if (!hit) return i > 0;
    }
    return true;
  }

  private static int kind(int match) {
    if (match <= 4) return match - 1;
    return match <= 6 ? 4 : match <= 9 ? 5 : match <= 15 ? 6 : match <= 31 ? 7 : 8;
  }
}
