package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Drafts what is expected to pay, which is decided for all sequences of a step together: see {@link StepDraft}. Exact.
 *
 * <p>Thread: engine thread; one per sequence.
 */
public final class AutoDecoding implements DecodingStrategy {
  private final Drafter free;
  private final @Nullable PricedDrafter priced;
  private final int mostNodes;
  private final Offer freeOffer = new Offer();
  private final Offer usual = new Offer();
  private final Offer pricedOffer = new Offer();
  private final Terms own = new Terms();
  private final TokenTree tree = new TokenTree(8);
  private final Verdict verdict = new Verdict();
  private @Nullable SequenceView sequence;
  private boolean joined;
  private boolean enlisted;
  private boolean byPriced;
  private int most;
  private int granted;
  private double expected;
  private Strategy proposer = Strategy.PLAIN;

  /**
   * @param free offers at no price
   * @param priced offers at a price, if there is such a drafter
   * @param mostDrafted nodes below the root at most, whatever the drafters could
   */
  public AutoDecoding(Drafter free, @Nullable PricedDrafter priced, int mostDrafted) {
    this.free = free;
    this.priced = priced;
    mostNodes = 1 + Math.min(mostDrafted, Math.max(free.mostDrafted(), priced == null ? 0 : priced.mostDrafted()));
  }

  @Override
  public void prepare(SequenceView sequence, StepTerms terms) {
    granted = 0;
    enlisted = false;
    byPriced = false;
    most = terms.maxDepth() < 1 ? 0 : Math.min(terms.maxNodes(), mostNodes) - 1;
    joined = true;
    if (most < 1) return;
    this.sequence = sequence;
    own.of(terms);
    terms.draft().join(this);
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    if (!joined) prepare(sequence, terms);
    joined = false;
    tree.root(sequence.token(sequence.size() - 1));
    proposer = Strategy.PLAIN;
    if (most < 1) return tree;
    terms.draft().decide(terms);
    if (granted == 0) return tree;
    Drafter drafter = byPriced ? Objects.requireNonNull(priced) : free;
    drafter.draft(sequence, granted, tree);
    if (tree.size() > 1) proposer = drafter.strategy();
    return tree;
  }

  int most() {
    return most;
  }

  void offerFree(StepTerms terms) {
    free.offer(view(), own.now(terms), Math.min(most, free.mostDrafted()), freeOffer.clear());
  }

  Offer free() {
    return freeOffer;
  }

  /** Whether it has a priced drafter that could offer. */
  boolean expectPriced(StepTerms terms) {
    if (priced == null) return false;
    priced.expect(view(), own.now(terms), Math.min(most, priced.mostDrafted()), usual.clear());
    expected = 0;
    for (int i = 0; i < usual.size(); i++) expected += usual.hope(i);
    for (int i = 0; i < Math.min(usual.size(), freeOffer.size()); i++) expected -= freeOffer.hope(i);
    return usual.size() > 0;
  }

  /** Tokens more than what is free is expected to yield. */
  double expected() {
    return expected;
  }

  Offer usual() {
    return usual.raise(freeOffer);
  }

  Offer good(StepTerms terms) {
    Objects.requireNonNull(priced).hope(own.now(terms), Math.min(most, priced.mostDrafted()), usual.clear());
    return usual.raise(freeOffer);
  }

  double pricedNanos(int sequences) {
    return Objects.requireNonNull(priced).nanos(sequences);
  }

  void enlist(StepTerms terms) {
    enlisted = true;
    Objects.requireNonNull(priced).enlist(view(), own.now(terms));
  }

  /** The better of what its drafters offer. */
  Offer offer(StepTerms terms) {
    if (!enlisted || priced == null) return freeOffer;
    priced.offer(view(), own.now(terms), Math.min(most, priced.mostDrafted()), pricedOffer.clear());
    byPriced = pricedOffer.size() > 0 && DraftPolicy.most(pricedOffer, own) > DraftPolicy.most(freeOffer, own);
    return byPriced ? pricedOffer : freeOffer;
  }

  void granted(int nodes) {
    granted = nodes;
  }

  private SequenceView view() {
    return Objects.requireNonNull(sequence);
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    Acceptance.drawAndMatch(tree, rows, picker, verdict);
    free.judged(rows, verdict.finalRow());
    if (priced != null) priced.judged(rows, verdict.finalRow());
    return verdict;
  }

  @Override
  public void rebase(int committedTokens) {
    free.rebase(committedTokens);
    if (priced != null) priced.rebase(committedTokens);
  }

  @Override
  public Fidelity fidelity() {
    return Fidelity.EXACT;
  }

  @Override
  public int mostNodes() {
    return mostNodes;
  }

  @Override
  public Strategy proposer() {
    return proposer;
  }

  /** The step's terms with this sequence's limits, which the engine's have only while it is asked. */
  private static final class Terms implements StepTerms {
    private StepTerms step = this;
    private int maxNodes;
    private int maxDepth;

    void of(StepTerms terms) {
      step = terms;
      maxNodes = terms.maxNodes();
      maxDepth = terms.maxDepth();
    }

    StepTerms now(StepTerms terms) {
      step = terms;
      return this;
    }

    @Override
    public int maxNodes() {
      return maxNodes;
    }

    @Override
    public int maxDepth() {
      return maxDepth;
    }

    @Override
    public int decoding() {
      return step.decoding();
    }

    @Override
    public double stretch(int drafted) {
      return step.stretch(drafted);
    }

    @Override
    public double nanos() {
      return step.nanos();
    }

    @Override
    public StepDraft draft() {
      return step.draft();
    }

    @Override
    public boolean drafts() {
      return step.drafts();
    }

    @Override
    public boolean mayTry(double loss) {
      return step.mayTry(loss);
    }
  }
}
