package io.headrace.engine;

import io.headrace.decode.ModelRows;
import io.headrace.decode.TokenTree;
import io.headrace.decode.Verdict;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.Strategy;
import io.headrace.generation.TokenIds;
import io.headrace.generation.TokenLogprobs;
import io.headrace.kv.BlockPool;
import io.headrace.kv.BlockTable;
import io.headrace.kv.Reservation;
import io.headrace.kv.WriteClaims;
import io.headrace.model.ForwardBatch;
import io.headrace.model.LogitRows;
import io.headrace.sampling.LogProbabilities;
import io.headrace.sampling.RowEntropy;
import io.headrace.sampling.TokenPicker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What one sequence does in one step: {@link #begin}, {@link #propose}, {@link #pack}, {@link
 * #look}, {@link #judge}, {@link #commit}. All but the last change nothing of the sequence that others could see and may fail it
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

  /** Models that compute it, as a mask. */
  private int models;

  /** Tokens that all of them have computed at the beginning. */
  private int from;

  /** Where a model's wanted rows begin among those of its pass, and how many they are; by model. */
  private final int[] firstLogits = new int[ModelRows.MOST];

  private final int[] wanted = new int[ModelRows.MOST];
  private final TurnRows answers = new TurnRows();
  private int part;
  private double weight;
  private int modelsNext;

  private int keptRows;
  private int[] output = new int[4];
  private int outputs;
  private @Nullable FinishReason ending;
  private List<TokenLogprobs> logprobs = List.of();
  private List<TokenLogprobs> scored = List.of();
  private final Compaction compaction = new Compaction();

  Turn(Sequence sequence) {
    this.sequence = sequence;
  }

  /**
   * Starts a step with a grant of {@code tokens}, which every model computes as far as it has not yet. Then rows of a
   * prompt are known, those of a tree not before {@link #propose}.
   */
  void begin(int tokens) {
    grant = tokens;
    failure = null;
    tree = null;
    decodes = sequence.decodes();
    models = sequence.wanted();
    from = sequence.computed();
    part = 0;
    weight = 0;
    strategy = Strategy.PLAIN;
    draftNanos = 0;
    accepted = 0;
    ending = null;
    outputs = 0;
    logprobs = List.of();
    scored = List.of();
    rows = Math.min(grant, sequence.pending());
  }

  /** Models that compute this step, as a mask. */
  int models() {
    return models;
  }

  /**
   * Claims the shared blocks that companions would write to.
   *
   * @return false if another sequence of the step writes to one of them: then this one had better wait
   */
  boolean claim(WriteClaims claims) {
    for (int model = 1; models >> model != 0; model++) {
      if ((models >> model & 1) == 0 || sequence.computed(model) >= from + rows) continue;
      if (!claims.claim(Objects.requireNonNull(sequence.table), model, sequence.computed(model), from + rows)) return false;
    }
    return true;
  }

  /** Tells the strategy that it will be asked, where it will. What it throws becomes {@link #failure}. */
  void prepare(DraftTerms terms, LongSupplier nanoClock) {
    if (!yields() || mostNodes() == 1) return;
    try {
      long begun = nanoClock.getAsLong();
      sequence.strategy.prepare(sequence, terms.of(mostNodes(), mostDepth()));
      draftNanos = nanoClock.getAsLong() - begun;
    } catch (RuntimeException | Error defect) {
      failure = defect;
    }
  }

  private int mostNodes() {
    return decodes ? grant : 1;
  }

  private int mostDepth() {
    return decodes ? sequence.limit - sequence.size() - 1 : 0;
  }

  /**
   * Asks the strategy for a tree where this step yields output. What it throws becomes {@link
   * #failure}.
   */
  void propose(int vocabulary, DraftTerms terms, LongSupplier nanoClock) {
    if (!yields() || failure != null) return;
    int maxNodes = mostNodes();
    try {
      long begun = maxNodes > 1 ? nanoClock.getAsLong() : 0;
      TokenTree proposed = sequence.strategy.propose(sequence, terms.of(maxNodes, mostDepth()));
      if (maxNodes > 1) draftNanos += nanoClock.getAsLong() - begun;
      ProposalCheck.check(proposed, maxNodes, sequence, vocabulary);
      tree = proposed;
      if (maxNodes > 1) rows = proposed.size();
      // What is not the output of plain decoding is told apart even where it drafts nothing.
      if (proposed.size() > 1 || sequence.parts != null) strategy = sequence.strategy.proposer();
      terms.took(proposed.size() - 1);
    } catch (RuntimeException | Error defect) {
      failure = defect;
    }
  }

  /** Rows of the pass of the model that has the most. */
  int rows() {
    return rows;
  }

  /** Tokens for which the table needs room during the pass. */
  int roomNeeded() {
    return from + rows;
  }

  /** Lends the table its blocks and puts the rows into the batch of every model that lacks them. */
  void pack(Passes passes, Reservation blocks) {
    BlockTable table = Objects.requireNonNull(sequence.table);
    blocks.grow(table, roomNeeded());
    for (int model = 0; models >> model != 0; model++) {
      if ((models >> model & 1) != 0) pack(model, passes.batch(model), table);
    }
  }

  private void pack(int model, ForwardBatch batch, BlockTable table) {
    wanted[model] = 0;
    int computed = sequence.computed(model);
    int rows = from + this.rows - computed;
    if (rows <= 0) return;
    TokenTree tree = this.tree;
    if (tree != null && tree.size() > 1) {
      wanted[model] = rows;
      firstLogits[model] =
          batch.addTree(table.ids(), table.size(), computed, tree.tokens(), tree.parents(), rows);
      return;
    }
    wanted[model] = tree != null ? 1 : 0;
    if (model == ModelRows.TARGET && sequence.scoring())
      wanted[model] = rows - Math.max(0, Math.min(rows, sequence.scoredRows - computed));
    firstLogits[model] =
        batch.addChain(
            table.ids(), table.size(), computed, sequence.tokens(), computed, rows, wanted[model]);
  }

  /**
   * Finds its rows among those of the passes. Where one model answered, the token after the last is almost always chosen from its first
   * row: it is chosen ahead, together with those of other turns. What goes wrong becomes {@link #failure}.
   */
  void look(Passes passes, RowEntropy entropy) {
    try {
      Throwable fault = passes.fault(models);
      if (fault != null) {
        failure = fault;
        return;
      }
      TokenTree tree = this.tree;
      if (tree == null) return;
      answers.begin(entropy);
      for (int model = 0; models >> model != 0; model++) {
        if ((models >> model & 1) == 0) continue;
        answers.add(model, passes.rows(model), firstLogits[model] + wanted[model] - tree.size(), tree.size());
      }
      LogitRows rows = answers.only();
      if (rows != null) Objects.requireNonNull(sequence.picker).ahead(rows, 0);
    } catch (RuntimeException | Error defect) {
      failure = defect;
    }
  }

  /**
   * Turns logits into tokens and decides whether they end the output; moves the accepted rows of a
   * tree together. What a strategy, a stop probe or a row that is no number throws becomes {@link
   * #failure}.
   */
  void judge(Passes passes, LogProbabilities probabilities) {
    if (failure != null) return;
    try {
      read(passes, probabilities);
    } catch (RuntimeException | Error defect) {
      failure = defect;
    }
  }

  private void read(Passes passes, LogProbabilities probabilities) {
    keptRows = rows;
    if (sequence.scoring() && wanted[ModelRows.TARGET] > 0) score(passes.rows(ModelRows.TARGET), probabilities);
    TokenTree tree = this.tree;
    if (tree == null) return;
    LogitRows chosenFrom = sequence.strategy.combine(answers);
    weight = sequence.strategy.weight();
    TokenPicker picker = Objects.requireNonNull(sequence.picker);
    Verdict verdict;
    try {
      verdict = sequence.strategy.judge(tree, chosenFrom, picker);
    } finally {
      picker.rewind();
    }
    verdict.check(tree, chosenFrom.vocabulary());
    take(verdict, tree, chosenFrom, probabilities);
    accepted = verdict.accepted();
    part = answers.used();
    modelsNext = modelsNow(passes.count());
    if (tree.size() > 1) compaction.move(verdict, keptRows, from, Objects.requireNonNull(sequence.table), passes, models);
  }

  /** What the strategy wants next, checked. */
  private int modelsNow(int count) {
    int wanted = sequence.strategy.models();
    if (wanted <= 0 || wanted >> count != 0) {
      throw new IllegalStateException("models %s are wanted, there are %d".formatted(Integer.toBinaryString(wanted), count));
    }
    return wanted;
  }

  /** The sequence was computed anew or cut: asks its strategy what it wants now. What it throws is the caller's. */
  void rebase(int committedTokens, int count) {
    sequence.strategy.rebase(committedTokens);
    sequence.want(modelsNow(count));
  }

  /**
   * Makes the step part of the sequence and tells its outbox. Returns how the output ended, or
   * null.
   */
  @Nullable FinishReason commit(Reservation blocks, BlockPool pool, ModelTally counted, long now) {
    BlockTable table = Objects.requireNonNull(sequence.table);
    int computed = from + keptRows;
    for (int model = 0; models >> model != 0; model++) {
      int before = sequence.computed(model);
      if ((models >> model & 1) == 0 || before >= computed) continue;
      sequence.computed(model, computed);
      if (model > 0) pool.noteComputed(table, model, before, computed);
    }
    blocks.commit(table, computed);
    if (tree != null) sequence.want(modelsNext);
    sequence.passes++;
    sequence.scored(scored);
    int kept = ending instanceof FinishReason.StopToken ? outputs - 1 : outputs;
    for (int i = 0; i < kept; i++) {
      sequence.append(output[i]);
      Objects.requireNonNull(sequence.picker).commit(output[i]);
    }
    if (outputs > 0) sequence.tokensCame(now, outputs);
    if (outputs > 0) sequence.took(part, outputs, counted);
    if (kept > 0) tell(kept);
    if (ending == null && !sequence.generates() && sequence.pending() == 0)
      ending = new FinishReason.Length();
    return ending;
  }

  private void tell(int kept) {
    int drafted = Math.min(kept, accepted);
    if (logprobs.isEmpty()) sequence.outbox.post(output, 0, kept, strategy, drafted);
    else sequence.outbox.post(new GenerationEvent.Committed(TokenIds.of(Arrays.copyOf(output, kept)), logprobs, strategy, drafted));
  }

  /** Whether this step tested a tree, if only of one node, after all that is known. */
  boolean decodes() {
    return decodes;
  }

  /** Nodes drafted for this step. */
  int drafted() {
    return tree == null ? 0 : tree.size() - 1;
  }

  /** Nanoseconds that this step's draft took to make. */
  long draftNanos() {
    return draftNanos;
  }

  /**
   * Counts this step, where it decoded.
   *
   * @param stepNanos see {@link DecodingTally#pass}
   */
  void count(DecodingTally tally, long stepNanos, long plainNanos) {
    if (decodes) tally.pass(strategy, outputs, drafted(), draftNanos, stepNanos, plainNanos, weight);
  }

  /** Output tokens that this step yielded, a stop token included. */
  int outputs() {
    return outputs;
  }

  private boolean yields() {
    return sequence.generates() && (decodes || grant >= sequence.pending());
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
   * The last {@code wanted} rows of this chunk carry logits; each says how probable the prompt
   * token after it was.
   */
  private void score(LogitRows all, LogProbabilities probabilities) {
    int first = from + rows - wanted[ModelRows.TARGET];
    int end = Math.min(from + rows, sequence.promptSize() - 1);
    List<TokenLogprobs> scores = new ArrayList<>(Math.max(0, end - first));
    for (int row = first; row < end; row++) {
      int logits = firstLogits[ModelRows.TARGET] + row - first;
      scores.add(probabilities.of(all, logits, sequence.token(row + 1), sequence.request.promptLogprobs()));
    }
    scored = scores;
  }
}
