package io.headrace.testing;

import io.headrace.decode.Acceptance;
import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.SequenceView;
import io.headrace.decode.StepTerms;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Strategies that guess by knowing the answer: always right, always wrong, or now and then. All
 * exact by their acceptance rule.
 */
public final class Drafts implements DecodingStrategy {
  /** What is drafted. */
  public enum Kind {
    /** The answer as a chain. */
    ORACLE,
    /**
     * The answer, with a wrong sibling before every right node, so that accepted rows are never in
     * place.
     */
    BUSHY_ORACLE,
    /** A chain of wrong tokens. */
    ADVERSARY,
    /** A random tree in which some paths are right for a while. */
    NOISE
  }

  private final Kind kind;
  private final List<Integer> answer;
  private final int vocabulary;
  private final SplittableRandom random = new SplittableRandom(77);
  private final TokenTree tree = new TokenTree(4);
  private final Verdict verdict = new Verdict();

  /** {@code answer}: the output that plain decoding gives. */
  public Drafts(Kind kind, List<Integer> answer, int vocabulary) {
    this.kind = kind;
    this.answer = answer;
    this.vocabulary = vocabulary;
  }

  @Override
  public TokenTree propose(SequenceView sequence, StepTerms terms) {
    int maxNodes = terms.maxNodes();
    tree.root(sequence.token(sequence.size() - 1));
    int at = sequence.size() - sequence.promptSize();
    int node = 0;
    while (tree.size() < maxNodes) {
      int right = at < answer.size() ? answer.get(at) : random.nextInt(vocabulary);
      int wrong = (right + 1 + random.nextInt(vocabulary - 1)) % vocabulary;
      switch (kind) {
        case ORACLE -> node = tree.add(node, right);
        case BUSHY_ORACLE -> {
          tree.add(node, wrong);
          if (tree.size() < maxNodes) node = tree.add(node, right);
        }
        case ADVERSARY -> node = tree.add(node, wrong);
        case NOISE -> {
          int parent = random.nextInt(tree.size());
          int depth = tree.depth(parent);
          int index = sequence.size() - sequence.promptSize() + depth;
          int token =
              random.nextInt(3) > 0 && index < answer.size()
                  ? answer.get(index)
                  : random.nextInt(vocabulary);
          if (tree.child(parent, token) < 0) tree.add(parent, token);
          else if (random.nextInt(20) == 0) return tree;
        }
      }
      at++;
    }
    return tree;
  }

  @Override
  public Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker) {
    if (rows.rows() != tree.size())
      throw new AssertionError("%d rows for %d nodes".formatted(rows.rows(), tree.size()));
    return Acceptance.drawAndMatch(tree, rows, picker, verdict);
  }

  @Override
  public void rebase(int committedTokens) {}

  @Override
  public Fidelity fidelity() {
    return Fidelity.EXACT;
  }

  @Override
  public Strategy proposer() {
    return Strategy.SPECDEC;
  }

  @Override
  public int mostNodes() {
    return 12;
  }
}
