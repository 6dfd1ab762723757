package io.headrace.engine;

import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenLogprobs;
import io.headrace.kv.BlockTable;
import io.headrace.kv.Reservation;
import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.sampling.LogProbabilities;
import io.headrace.sampling.TokenPicker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one sequence does in one step: {@link #begin}, {@link #propose}, {@link #pack}, {@link
 * #judge}, {@link #commit}. All but the last change nothing of the sequence that others could see and may fail it
 * alone; {@code commit} does only bookkeeping.
 *
 * <p>Thread: engine thread; one per sequence, reused from step to step.
 */
final class Turn {
  final Sequence sequence;

  /** Tokens the plan allows: prompt tokens, or tree nodes. */
  int grant;

  /** What went wrong before the commit line, or null. */
  @Nullable Throwable failure;

  private @Nullable TokenTree tree;
  private boolean decodes;
  private Strategy strategy = Strategy.PLAIN;
  private long draftNanos;
  private int accepted;
  private int rows;
  private int firstLogits;
  private int wanted;
  private @Nullable LogitWindow window;

  private int keptRows;
  private int[] output = new int[4];
  private int outputs;
  private @Nullable FinishReason ending;
  private List<TokenLogprobs> logprobs = List.of();
  private List<TokenLogprobs> scored = List.of();
  private int[] from = new int[4];
  private int[] to = new int[4];

  Turn(Sequence sequence) {
    this.sequence = sequence;
  }

  /**
   * Starts a step with a grant of {@code tokens}. Then rows of a prompt are known, those of a tree
   * not before {@link #propose}.
   */
  void begin(int tokens) {
    grant = tokens;
    failure = null;
    tree = null;
    decodes = sequence.decodes();
    strategy = Strategy.PLAIN;
    draftNanos = 0;
    accepted = 0;
    ending = null;
    outputs = 0;
    logprobs = List.of();
    scored = List.of();
    rows = Math.min(grant, sequence.pending());
  }

  /**
   * Asks the strategy for a tree where this step yields output. What it throws becomes {@link
   * #failure}.
   */
  void propose(int vocabulary, DraftTerms terms, LongSupplier nanoClock) {
    if (!yields()) return;
    int maxNodes = decodes ? grant : 1;
    int maxDepth = decodes ? sequence.limit - sequence.size() - 1 : 0;
    try {
      long begun = maxNodes > 1 ? nanoClock.getAsLong() : 0;
      TokenTree proposed = sequence.strategy.propose(sequence, terms.of(maxNodes, maxDepth));
      if (maxNodes > 1) draftNanos = nanoClock.getAsLong() - begun;
      check(proposed, maxNodes, vocabulary);
      tree = proposed;
      if (maxNodes > 1) rows = proposed.size();
      if (proposed.size() > 1) strategy = sequence.strategy.proposer();
      terms.took(proposed.size() - 1);
    } catch (RuntimeException | Error defect) {
      failure = defect;
    }
  }

  /** Rows of the pass. */
  int rows() {
    return rows;
  }

  /** Tokens for which the table needs room during the pass. */
  int roomNeeded() {
    return sequence.computed + rows;
  }

  /** Lends the table its blocks and puts the rows into the batch. */
  void pack(ForwardBatch batch, Reservation blocks) {
    BlockTable table = Objects.requireNonNull(sequence.table);
    blocks.grow(table, roomNeeded());
    TokenTree tree = this.tree;
    if (tree != null && tree.size() > 1) {
      wanted = rows;
      firstLogits =
          batch.addTree(
              table.ids(), table.size(), sequence.computed, tree.tokens(), tree.parents(), rows);
      return;
    }
    wanted = tree != null ? 1 : 0;
    if (sequence.scoring())
      wanted = rows - Math.max(0, Math.min(rows, sequence.scoredRows - sequence.computed));
    firstLogits =
        batch.addChain(
            table.ids(),
            table.size(),
            sequence.computed,
            sequence.tokens(),
            sequence.computed,
            rows,
            wanted);
  }

  /**
   * Turns logits into tokens and decides whether they end the output; moves the accepted rows of a
   * tree together. What a strategy, a stop probe or a row that is no number throws becomes {@link
   * #failure}.
   */
  void judge(LogitRows all, Model model, LogProbabilities probabilities) {
    try {
      read(all, model, probabilities);
    } catch (RuntimeException | Error defect) {
      failure = defect;
    }
  }

  private void read(LogitRows all, Model model, LogProbabilities probabilities) {
    keptRows = rows;
    if (sequence.scoring()) score(all, probabilities);
    TokenTree tree = this.tree;
    if (tree == null) return;
    TokenPicker picker = Objects.requireNonNull(sequence.picker);
    if (window == null) window = new LogitWindow(all);
    window.over(all, firstLogits + wanted - tree.size(), tree.size());
    Verdict verdict;
    try {
      verdict = sequence.strategy.judge(tree, window, picker);
    } finally {
      picker.rewind();
    }
    verdict.check(tree, all.vocabulary());
    take(verdict, tree, window, probabilities);
    accepted = verdict.accepted();
    if (tree.size() > 1) compact(verdict, model);
  }

  /**
   * Makes the step part of the sequence and tells its outbox. Returns how the output ended, or
   * null.
   */
  @Nullable FinishReason commit(Reservation blocks, long now) {
    BlockTable table = Objects.requireNonNull(sequence.table);
    sequence.computed += keptRows;
    blocks.commit(table, sequence.computed);
    sequence.passes++;
    sequence.scored(scored);
    int kept = ending instanceof FinishReason.StopToken ? outputs - 1 : outputs;
    for (int i = 0; i < kept; i++) {
      sequence.append(output[i]);
      Objects.requireNonNull(sequence.picker).commit(output[i]);
    }
    if (outputs > 0) sequence.tokensCame(now, outputs);
    if (kept > 0) {
      sequence.outbox.post(
          new GenerationEvent.Committed(
              sequence.lastTokens(kept), logprobs, strategy, Math.min(kept, accepted)));
    }
    if (ending == null && !sequence.generates() && sequence.pending() == 0)
      ending = new FinishReason.Length();
    return ending;
  }

  /** Whether this step tested a tree, if only of one node, after all that is known. */
  boolean decodes() {
    return decodes;
  }

  /** Nodes drafted for this step. */
  int drafted() {
    return tree == null ? 0 : tree.size() - 1;
  }

  /**
   * Counts this step, where it decoded.
   *
   * @param stepNanos see {@link DecodingTally#pass}
   */
  void count(DecodingTally tally, long stepNanos, long plainNanos) {
    if (decodes) tally.pass(strategy, outputs, drafted(), draftNanos, stepNanos, plainNanos);
  }

  /** Output tokens that this step yielded, a stop token included. */
  int outputs() {
    return outputs;
  }

  private boolean yields() {
    return sequence.generates() && (decodes || grant >= sequence.pending());
  }

  private void check(TokenTree proposed, int maxNodes, int vocabulary) {
    if (proposed.size() < 1 || proposed.size() > maxNodes) {
      throw new IllegalStateException(
          "%d nodes proposed, %d allowed".formatted(proposed.size(), maxNodes));
    }
    if (proposed.token(0) != sequence.token(sequence.size() - 1)) {
      throw new IllegalStateException("the root of the proposed tree is not the last token");
    }
    for (int node = 1; node < proposed.size(); node++) {
      if (proposed.token(node) < 0 || proposed.token(node) >= vocabulary) {
        throw new IllegalStateException(
            "token %d was proposed and is not in the vocabulary".formatted(proposed.token(node)));
      }
    }
  }

  private void take(
      Verdict verdict, TokenTree tree, LogitRows rowsOfTree, LogProbabilities probabilities) {
    int alternatives = sequence.request.logprobs();
    if (alternatives >= 0) logprobs = new ArrayList<>(verdict.accepted() + 1);
    int row = 0;
    int acceptedKept = 0;
    for (int i = 0; i <= verdict.accepted() && ending == null; i++) {
      boolean last = i == verdict.accepted();
      int token = last ? verdict.finalToken() : tree.token(verdict.node(i));
      if (outputs == output.length) output = Arrays.copyOf(output, outputs * 2);
      output[outputs++] = token;
      ending = endAfter(token);
      boolean shown = !(ending instanceof FinishReason.StopToken);
      if (shown && !last) acceptedKept++;
      if (shown && alternatives >= 0) {
        logprobs.add(probabilities.of(rowsOfTree, row, token, alternatives));
      }
      if (!last) row = verdict.node(i);
    }
    if (tree.size() > 1) keptRows = 1 + acceptedKept;
  }

  private @Nullable FinishReason endAfter(int token) {
    int index = sequence.generated + outputs - 1;
    boolean mayEnd = index >= sequence.request.stop().minTokens();
    if (mayEnd && sequence.endsWith(token)) {
      return new FinishReason.StopToken(token, !sequence.request.stop().tokens().contains(token));
    }
    if (sequence.probe != null) {
      String stop = sequence.probe.push(token, mayEnd);
      if (stop != null && mayEnd) return new FinishReason.StopString(stop);
    }
    return sequence.size() + outputs >= sequence.limit ? new FinishReason.Length() : null;
  }

  /**
   * Slots {@code computed + node} of the accepted nodes become {@code computed + 1, computed + 2,
   * …}; the root is in place.
   */
  private void compact(Verdict verdict, Model model) {
    int moves = 0;
    if (from.length < keptRows) {
      from = new int[keptRows * 2];
      to = new int[keptRows * 2];
    }
    for (int i = 1; i < keptRows; i++) {
      int node = verdict.node(i - 1);
      if (node == i) continue;
      from[moves] = sequence.computed + node;
      to[moves++] = sequence.computed + i;
    }
    if (moves == 0) return;
    BlockTable table = Objects.requireNonNull(sequence.table);
    model.moveTokens(table.ids(), table.size(), from, to, moves);
  }

  /**
   * The last {@code wanted} rows of this chunk carry logits; each says how probable the prompt
   * token after it was.
   */
  private void score(LogitRows all, LogProbabilities probabilities) {
    int first = sequence.computed + rows - wanted;
    int end = Math.min(sequence.computed + rows, sequence.promptSize() - 1);
    List<TokenLogprobs> scores = new ArrayList<>(Math.max(0, end - first));
    for (int row = first; row < end; row++) {
      int logits = firstLogits + row - first;
      scores.add(probabilities.of(all, logits, sequence.token(row + 1), sequence.request.promptLogprobs()));
    }
    scored = scores;
  }
}
