package io.headrace.decode;

import io.headrace.generation.Strategy;
import io.headrace.model.LogitRows;
import io.headrace.sampling.TokenPicker;

/**
 * Decides which tokens one target pass should test, and which of them then join the sequence.
 *
 * <p>The engine owns the pass. It packs the proposals of every running sequence into one forward
 * batch; a strategy never runs the target model. Draft models and extra heads are the strategy's
 * own business.
 *
 * <p><b>Several models.</b> Where companions with the same tokens are resident beside the target, {@link #models} says
 * which of them compute the next pass. The engine first catches each of them up with the sequence, as it computes a
 * prompt, and then has all of them compute the same tree in the same step; {@link #combine} makes of their answers the
 * rows that are judged. A strategy that says nothing is computed by the target alone.
 *
 * <p><b>Terms.</b> <i>Accepted</i>: a proposed token kept as it is. <i>Final</i>: the one token
 * that every verdict draws from the target's own row, either replacing the first refused token or
 * following a fully accepted path.
 *
 * <p><b>Shapes.</b> {@code rows} is float32 {@code [tree.size(), vocabulary]}, raw target logits;
 * row {@code i} belongs to tree node {@code i}; a parent always precedes its children; node 0 is
 * the last token of the sequence, whose keys and values are not computed yet. A tree of size 1 is
 * plain decoding.
 *
 * <p><b>Promise.</b> A verdict commits 1 to {@code depth + 1} tokens. The engine may cut it: where
 * an end token, a stop string or the length ends the output, what follows is dropped. With {@link
 * Fidelity#EXACT} the output equals that of plain decoding.
 *
 * <p><b>Errors.</b> Having no guess is not an error: propose the root alone. Anything thrown here
 * fails this sequence only and leaves no trace, because nothing is committed before every strategy
 * has judged. So does a tree or verdict that breaks the rules above.
 *
 * <p><b>Thread.</b> Engine thread only; one instance per sequence. No allocation per token after
 * warm-up: tree and verdict may be the same objects every time.
 *
 * @see <a href="https://arxiv.org/abs/2211.17192">Speculative decoding, acceptance rule</a>
 * @see <a href="https://arxiv.org/abs/2401.10774">Medusa, tree attention</a>
 */
public interface DecodingStrategy {
  /**
   * A step begins in which this sequence may propose: told to all of them before any is asked to. {@code terms} are those of {@link #propose}, but for
   * what others draft.
   */
  default void prepare(SequenceView sequence, StepTerms terms) {}

  /**
   * Proposes at most {@link StepTerms#maxNodes} nodes, root included, which is what the step's
   * budget still allows. The root is the sequence's last token.
   */
  TokenTree propose(SequenceView sequence, StepTerms terms);

  /**
   * The models whose rows the next token is to be chosen from, as a mask of {@code 1 << number}; see {@link ModelRows}.
   * Asked at the beginning, after every verdict and after {@link #rebase}; the answer holds until then. A model that is
   * named once and then not any more falls behind and costs nothing until it is named again.
   */
  default int models() {
    return ModelRows.only(ModelRows.TARGET);
  }

  /**
   * What tokens are chosen from, and what log-probabilities are told of: rows of one of the models that were asked for,
   * or others made of them, as many and in the same order. Called once for every pass, right before {@link #judge},
   * which is given the answer.
   */
  default LogitRows combine(ModelRows rows) {
    return rows.of(ModelRows.TARGET);
  }

  /** The weight with which other models moved the target's logits in the last {@link #combine}; 0 where none did. */
  default double weight() {
    return 0;
  }

  /** What drafted for the tree proposed last; {@link Strategy#PLAIN} for a root alone. */
  Strategy proposer();

  /**
   * Judges the target's answer to the tree this instance proposed last. {@code picker} stands at
   * the sequence's last token and is left there ({@link TokenPicker#rewind}).
   */
  Verdict judge(TokenTree tree, LogitRows rows, TokenPicker picker);

  /**
   * Forgets everything past {@code committedTokens}: called after a rollback, a preemption or a
   * forced token.
   */
  void rebase(int committedTokens);

  /** Whether the output equals that of plain decoding, or only resembles it. */
  Fidelity fidelity();

  /**
   * The most nodes this strategy ever proposes, root included; at least 1. The step reserves budget
   * for so many.
   */
  int mostNodes();
}
