package io.headrace.engine;

import io.headrace.decode.DecodingStrategy;
import io.headrace.decode.Fidelity;
import io.headrace.decode.ModelRows;
import io.headrace.decode.SequenceView;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.StopRule;
import io.headrace.generation.Timings;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.TokenLogprobs;
import io.headrace.kv.BlockTable;
import io.headrace.sampling.TokenPicker;
import io.headrace.schedule.Candidate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way: its tokens, how many of them are computed, and what belongs to it alone.
 *
 * <p>{@code computed(model) <= known}: the keys and values of {@code tokens[0 .. computed(model))} are in
 * that model's pages of the blocks of {@link #table}. What counts for the next step is {@link #computed()},
 * the least of the {@link #wanted} models. A sequence that decodes has {@code computed == known - 1} for all of them: its
 * last token is computed by the pass that yields the next one. A model that was not wanted for a while has
 * fallen behind; when it is wanted again what it lacks is computed as a prompt is.
 *
 * <p>Thread: made by the submitting thread, then confined to the engine thread.
 */
final class Sequence implements SequenceView {
  private static final int TARGET_ALONE = ModelRows.only(ModelRows.TARGET);

  final GenerationRequest request;
  final Outbox outbox;
  final DecodingStrategy strategy;
  final @Nullable StopProbe probe;
  final long namespace;
  final long submittedNanos;

  /** Prompt and output may have so many tokens together. */
  final int limit;

  /** Nodes that its strategy may propose. */
  final int mostNodes;

  /** Ids that end the output. */
  final int[] endTokens;

  /** Told once, on the engine thread, right before the last event is posted. */
  final Runnable onEnd;

  /** Set when the engine thread takes the sequence in; orders sequences by age. */
  long arrival;

  /** Made on the engine thread, whose scratch it uses. */
  @Nullable TokenPicker picker;

  /** Blocks; null while it waits. */
  @Nullable BlockTable table;

  final Turn turn;

  /** As the scheduler sees it; set by the planner for every step. */
  final Candidate candidate = new Candidate();

  private int[] tokens;
  private int known;

  /** By model. */
  private final int[] computed = new int[ModelRows.MOST];

  /** What the strategy wants, as a mask. */
  private int models;

  /** Mask of the models that had a part in the last output; 0 before the first. */
  private int lastPart;

  /** Rows of the prompt whose logits were turned into log-probabilities; see {@link #scoring()}. */
  int scoredRows;

  private final List<TokenLogprobs> scores = new ArrayList<>();
  private boolean scoresTold;

  /** What the strategies did for it. */
  final DecodingTally tally = new DecodingTally();

  /** What part the models had in it; null for an output that is the target's alone by any measure. */
  final @Nullable ModelTally parts;

  boolean started;
  int cached;
  int generated;
  int passes;
  int preemptions;
  private long startedNanos;
  private long firstTokenNanos;
  private long lastTokenNanos;

  Sequence(
      GenerationRequest request,
      Outbox outbox,
      DecodingStrategy strategy,
      @Nullable StopProbe probe,
      long namespace,
      int window,
      int[] endTokens,
      Runnable onEnd,
      long submittedNanos) {
    this.request = request;
    this.outbox = outbox;
    this.strategy = strategy;
    this.probe = probe;
    this.namespace = namespace;
    this.endTokens = endTokens;
    this.onEnd = onEnd;
    this.submittedNanos = submittedNanos;
    tokens = request.prompt().toArray();
    known = tokens.length;
    limit = (int) Math.min(window, (long) known + request.maxNewTokens());
    if (request.promptLogprobs() >= 0)
      scores.add(new TokenLogprobs(tokens[0], Float.NaN, List.of()));
    mostNodes = strategy.mostNodes();
    models = strategy.models();
    parts = strategy.fidelity() == Fidelity.EXACT ? null : new ModelTally();
    turn = new Turn(this);
  }

  /**
   * Ids that end an output of {@code stop} with a model whose own end tokens are {@code endOfText}.
   */
  static int[] endTokens(StopRule stop, Set<Integer> endOfText) {
    var ends = new TreeSet<>(stop.tokens());
    if (!stop.ignoreEndOfText()) ends.addAll(endOfText);
    return ends.stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public int size() {
    return known;
  }

  @Override
  public int promptSize() {
    return request.prompt().size();
  }

  @Override
  public int token(int index) {
    if (index < 0 || index >= known)
      throw new IndexOutOfBoundsException("token %d of %d".formatted(index, known));
    return tokens[index];
  }

  /** The live array of tokens, the first {@link #size()} valid. */
  int[] tokens() {
    return tokens;
  }

  /** Tokens that every wanted model has computed. */
  int computed() {
    int wanted = wanted();
    if (wanted == TARGET_ALONE) return computed[ModelRows.TARGET];
    int least = known;
    for (int model = 0; wanted >> model != 0; model++) {
      if ((wanted >> model & 1) != 0) least = Math.min(least, computed[model]);
    }
    return least;
  }

  /** Tokens that one model has computed. */
  int computed(int model) {
    return computed[model];
  }

  void computed(int model, int tokens) {
    computed[model] = tokens;
  }

  /** Nothing of it is computed any more. */
  void forget() {
    Arrays.fill(computed, 0);
  }

  /**
   * Models that compute its next step, as a mask: those its strategy wants, and the target while it scores the prompt
   * or where there is no output at all.
   */
  int wanted() {
    if (!generates()) return TARGET_ALONE;
    return scoring() ? models | TARGET_ALONE : models;
  }

  /** What the strategy wants from now on. */
  void want(int models) {
    this.models = models;
  }

  /** The models of {@code part} yielded {@code count} tokens of output; told to {@code all} too. */
  void took(int part, int count, ModelTally all) {
    all.output(part, lastPart, count);
    if (parts != null) parts.output(part, lastPart, count);
    lastPart = part;
  }

  /** Tokens that a wanted model has yet to compute, the most of any. */
  int pending() {
    return known - computed();
  }

  /** Whether it may have any output at all. */
  boolean generates() {
    return limit > promptSize();
  }

  /**
   * Whether rows of the prompt are still to be scored. The row of prompt token {@code i} scores
   * token {@code i + 1}.
   */
  boolean scoring() {
    return request.promptLogprobs() >= 0 && scoredRows < promptSize() - 1;
  }

  /**
   * Tokens that may be taken from the prefix cache: never all, and no row that must be computed for
   * its logits.
   */
  int reusable() {
    return scoring() ? scoredRows : known - 1;
  }

  /** Adds scores of the next prompt tokens, and tells all of them when the last has come. */
  void scored(List<TokenLogprobs> more) {
    if (request.promptLogprobs() < 0 || scoresTold) return;
    scores.addAll(more);
    scoredRows += more.size();
    if (scoring()) return;
    scoresTold = true;
    outbox.post(new GenerationEvent.PromptScored(scores));
    scores.clear();
  }

  /** Whether only its last token is not computed, so that a pass may test drafts after it. */
  boolean decodes() {
    return pending() == 1 && generates() && !scoring() && known > 1;
  }

  /**
   * The most tokens that the sequence ever has in blocks; its last output token is never computed.
   */
  int mostComputed() {
    return Math.max(promptSize(), limit - 1);
  }

  void append(int token) {
    if (known == tokens.length) tokens = Arrays.copyOf(tokens, Math.max(16, known * 2));
    tokens[known++] = token;
  }

  boolean endsWith(int token) {
    return Arrays.binarySearch(endTokens, token) >= 0;
  }

  void start(long now, int cachedTokens) {
    started = true;
    startedNanos = now;
    cached = Math.min(cachedTokens, promptSize());
  }

  void tokensCame(long now, int count) {
    if (generated == 0) firstTokenNanos = now;
    lastTokenNanos = now;
    generated += count;
  }

  TokenCounts counts() {
    return new TokenCounts(promptSize(), cached, generated);
  }

  /**
   * @param names of the models by number
   */
  Timings timings(long now, List<String> names) {
    long start = started ? startedNanos : now;
    long first = generated > 0 ? firstTokenNanos : now;
    return new Timings(
        start - submittedNanos,
        started ? first - start : 0,
        generated > 0 ? lastTokenNanos - first : 0,
        passes,
        preemptions,
        strategy.fidelity() == Fidelity.EXACT,
        tally.used(),
        parts == null ? List.of() : parts.records(names));
  }
}
