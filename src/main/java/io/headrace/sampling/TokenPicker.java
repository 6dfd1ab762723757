package io.headrace.sampling;

import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.model.LogitRows;
import io.headrace.tensor.KernelFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the tokens of one output. It knows the committed tokens, and may walk ahead of them along
 * a tentative path ({@link #follow}), so that a strategy can ask what the target would choose after
 * each drafted token; {@link #rewind} forgets the path.
 *
 * <p><b>Order.</b> Ban of end and stop tokens while the output is shorter than {@code minTokens};
 * logit bias; repetition penalty; frequency and presence penalty. Greedy then takes the largest
 * logit, of equal ones the lowest id. A draw goes on with top-k, by logits, then temperature, which
 * makes weights of them, min-p and top-p, by weights, each on what the one before left, and takes
 * the token at which the cumulated weight, ids ascending, first exceeds the position's random number
 * times the total (inverse distribution function). Weights are whole numbers, so no sum depends on
 * its order.
 *
 * <p><b>Errors.</b> {@link KernelFault} for a row with a NaN or an infinity; {@link
 * IllegalStateException} if bans leave no token.
 *
 * <p><b>Thread.</b> Engine thread; one per sequence. No allocation per token once its history has
 * its size.
 */
public final class TokenPicker {
  /** How to draw; null for greedy. */
  private final @Nullable Filters filters;

  private final PickerScratch scratch;
  private final List<LogitRule> rules;
  private final boolean adjusts;
  private final LogitRule ban;
  private final boolean bans;
  private final int minTokens;
  private final boolean counts;
  private final TokenHistory history = new TokenHistory();

  private int committed;
  private int[] path = new int[8];
  private int depth;

  private record Filters(
      Temperature temperature,
      @Nullable MinP minP,
      @Nullable TopK topK,
      @Nullable TopP topP,
      long seed) {
    static Filters of(Sampling.Random random) {
      return new Filters(
          new Temperature(random.temperature()),
          random.minP() > 0 ? new MinP(random.minP()) : null,
          random.topK() > 0 ? new TopK(random.topK()) : null,
          random.topP() < 1 ? new TopP(random.topP()) : null,
          random.seed());
    }
  }

  /**
   * @param endTokens ids that must not be chosen among the first {@code minTokens} output tokens
   * @param minTokens 0 or above
   */
  public TokenPicker(
      Sampling sampling,
      LogitAdjustments adjustments,
      int[] endTokens,
      int minTokens,
      PickerScratch scratch) {
    filters = sampling instanceof Sampling.Random random ? Filters.of(random) : null;
    this.scratch = scratch;
    this.minTokens = minTokens;
    ban = new Banned(endTokens.clone());
    bans = endTokens.length > 0;
    rules = rules(adjustments);
    adjusts = !adjustments.isNone();
    counts =
        adjustments.repetition() != 1f
            || adjustments.frequency() != 0f
            || adjustments.presence() != 0f;
  }

  /** Tells the tokens before the output. Once, before any other call. */
  public void prompt(int[] tokens, int count) {
    if (!counts) return;
    for (int i = 0; i < count; i++) history.addPrompt(tokens[i]);
  }

  /**
   * The token that follows the committed ones and the path.
   *
   * @param rows raw logits
   * @param row the one of them that belongs to that position
   */
  public int pick(LogitRows rows, int row) {
    SpannedRow logits = scratch.row;
    logits.open(rows, row);
    float largest = logits.largest();
    if (adjusts || banning()) largest = adjust(logits);
    return filters == null ? logits.first(largest) : draw(filters, logits, largest);
  }

  /** Walks ahead: {@code token} is taken to follow the path so far. */
  public void follow(int token) {
    if (depth == path.length) path = Arrays.copyOf(path, depth * 2);
    path[depth++] = token;
    if (counts) history.addOutput(token);
  }

  /** Back to the committed tokens. */
  public void rewind() {
    while (depth > 0) {
      depth--;
      if (counts) history.removeOutput(path[depth]);
    }
  }

  /** {@code token} joined the output. There must be no path. */
  public void commit(int token) {
    if (depth > 0) throw new IllegalStateException("a tentative path was not rewound");
    committed++;
    if (counts) history.addOutput(token);
  }

  private boolean banning() {
    return bans && committed + depth < minTokens;
  }

  private float adjust(SpannedRow row) {
    if (banning()) ban.apply(row, history);
    for (int i = 0; i < rules.size(); i++) rules.get(i).apply(row, history);
    float largest = row.settle();
    if (largest == Float.NEGATIVE_INFINITY) {
      throw new IllegalStateException(
          "every token is an end or stop token, and minTokens forbids them all");
    }
    return largest;
  }

  private int draw(Filters filters, SpannedRow row, float largest) {
    double u = PositionRandom.at(filters.seed(), committed + depth);
    float inverse = filters.temperature().inverse();
    float least = filters.minP() == null ? 1f : filters.minP().least();
    float floor = filters.temperature().floor(largest, least);
    Candidates candidates = scratch.candidates;
    if (filters.topK() != null) {
      filters.topK().keep(candidates, row, floor);
    } else if (!candidates.keepFrom(row, floor)) {
      return scratch.whole.draw(row, largest, inverse, least, filters.topP(), u);
    }
    candidates.weigh(row.values, largest, inverse, least);
    if (filters.topP() != null) {
      filters.topP().narrow(candidates);
      candidates.weigh(row.values, largest, inverse, least);
    }
    return candidates.draw(u);
  }

  private static List<LogitRule> rules(LogitAdjustments adjustments) {
    List<LogitRule> rules = new ArrayList<>();
    if (!adjustments.bias().isEmpty()) rules.add(LogitBias.of(adjustments.bias()));
    if (adjustments.repetition() != 1f) rules.add(new RepetitionPenalty(adjustments.repetition()));
    if (adjustments.frequency() != 0f || adjustments.presence() != 0f) {
      rules.add(new OccurrencePenalty(adjustments.frequency(), adjustments.presence()));
    }
    return List.copyOf(rules);
  }
}
