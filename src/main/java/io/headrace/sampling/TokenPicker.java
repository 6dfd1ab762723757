package io.headrace.sampling;

import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.model.LogitRows;
import io.headrace.tensor.Choices;
import io.headrace.tensor.KernelFault;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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

  /** What is added to logits: negative infinities for the {@link #ban}, then biases. */
  private final BiasList biases;

  private final float repetition;
  private final float frequency;
  private final float presence;

  private int committed;
  private int[] path = new int[8];
  private int depth;

  /** The row whose choice is among those made ahead, in which round and at which place; see {@link #ahead}. */
  private @Nullable LogitRows aheadRows;

  private int aheadRow;
  private long aheadRound = -1;
  private int aheadAt;

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
    biases = scratch.chooses() ? BiasList.of(minTokens > 0 ? endTokens : new int[0], adjustments.bias(), scratch.joint.entries()) : BiasList.NONE;
    repetition = adjustments.repetition();
    frequency = adjustments.frequency();
    presence = adjustments.presence();
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
    if (takesLargest()) {
      int token = rows.argmax(row);
      if (token < 0) throw SpannedRow.noNumbers();
      return token;
    }
    if (depth == 0 && rows == aheadRows && row == aheadRow && scratch.chosen(aheadRound)) {
      return told(scratch.joint.token(aheadAt));
    }
    if (scratch.chooses() && rows.peaks(row) != null) {
      scratch.alone.clear();
      describe(scratch.alone, rows, row);
      scratch.chooseAlone();
      return told(scratch.alone.token(0));
    }
    SpannedRow logits = scratch.row;
    logits.open(rows, row);
    float largest = logits.largest();
    if (adjusts || banning()) largest = adjust(logits);
    return filters == null ? logits.first(largest) : draw(filters, logits, largest);
  }

  /**
   * Tells the choice that {@link #pick} of this row will make to those that {@link PickerScratch#chooseAhead} makes together. There must
   * be no path.
   *
   * @param rows as for {@link #pick}, unchanged until then
   */
  public void ahead(LogitRows rows, int row) {
    if (depth > 0) throw new IllegalStateException("a tentative path was not rewound");
    if (takesLargest() || !scratch.chooses() || rows.peaks(row) == null) return;
    aheadAt = describe(scratch.joint, rows, row);
    aheadRows = rows;
    aheadRow = row;
    aheadRound = scratch.round();
  }

  /** Adds the choice out of a row, its place in the list. */
  private int describe(Choices choices, LogitRows rows, int row) {
    if (rows.vocabulary() != choices.entries()) {
      throw new IllegalArgumentException("rows of %d logits, expected %d".formatted(rows.vocabulary(), choices.entries()));
    }
    int at = choices.add(rows.values(row), Objects.requireNonNull(rows.peaks(row)));
    biases.tell(choices, banning());
    if (counts) choices.seen(history.tokens(), history.marks(), history.size(), repetition, frequency, presence);
    if (filters != null) {
      int topK = filters.topK() == null ? 0 : filters.topK().k();
      float topP = filters.topP() == null ? 1f : filters.topP().mass();
      double u = PositionRandom.at(filters.seed(), committed + depth);
      choices.draw(filters.temperature().inverse(), least(filters), topK, topP, u);
    }
    return at;
  }

  private static int told(int token) {
    if (token == Choices.NO_NUMBERS) throw SpannedRow.noNumbers();
    if (token == Choices.NO_TOKEN) throw nothingLeft();
    return token;
  }

  /**
   * Of tokens that might follow the path instead of a drawn one, the most probable that is typical: its probability, among what a draw could
   * yield, is above {@code min(epsilon, delta * exp(-H))} with {@code H} the entropy of that distribution in nats.
   *
   * @param rows as for {@link #pick}
   * @param offered tokens, the first {@code count}
   * @return its index, -1 if none is typical or tokens are not drawn but taken greedily
   * @see <a href="https://arxiv.org/abs/2401.10774">Medusa, typical acceptance</a>
   */
  public int typical(LogitRows rows, int row, int[] offered, int count, double epsilon, double delta) {
    if (filters == null) return -1;
    SpannedRow logits = scratch.row;
    logits.open(rows, row);
    float largest = logits.largest();
    if (adjusts || banning()) largest = adjust(logits);
    boolean few = narrow(filters, logits, largest);
    if (!few) scratch.whole.weigh(logits, largest, filters.temperature().inverse(), least(filters), filters.topP());
    double total = few ? scratch.candidates.total() : scratch.whole.total();
    double entropy = few ? scratch.candidates.entropy() : scratch.whole.entropy(logits, largest, filters.temperature().inverse());
    double most = Math.min(epsilon, delta * Math.exp(-entropy));
    int best = -1;
    for (int i = 0; i < count; i++) {
      double probability = (few ? scratch.candidates.weight(offered[i]) : scratch.whole.weight(offered[i])) / total;
      if (probability <= most) continue;
      best = i;
      most = probability;
    }
    return best;
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
    aheadRows = null;
    committed++;
    if (counts) history.addOutput(token);
  }

  /** Whether the choice is the largest of the row as it is, which the pass has found. */
  private boolean takesLargest() {
    return filters == null && !adjusts && !banning();
  }

  private boolean banning() {
    return bans && committed + depth < minTokens;
  }

  private float adjust(SpannedRow row) {
    if (banning()) ban.apply(row, history);
    for (int i = 0; i < rules.size(); i++) rules.get(i).apply(row, history);
    float largest = row.settle();
    if (largest == Float.NEGATIVE_INFINITY) throw nothingLeft();
    return largest;
  }

  private static IllegalStateException nothingLeft() {
    return new IllegalStateException(
        "every token is an end or stop token, and minTokens forbids them all");
  }

  private int draw(Filters filters, SpannedRow row, float largest) {
    double u = PositionRandom.at(filters.seed(), committed + depth);
    if (narrow(filters, row, largest)) return scratch.candidates.draw(u);
    return scratch.whole.draw(row, largest, filters.temperature().inverse(), least(filters), filters.topP(), u);
  }

  private static float least(Filters filters) {
    return filters.minP() == null ? 1f : filters.minP().least();
  }

  /** Leaves the tokens that may be drawn as candidates with their weights; false where they are too many for that. */
  private boolean narrow(Filters filters, SpannedRow row, float largest) {
    float inverse = filters.temperature().inverse();
    float least = least(filters);
    float floor = filters.temperature().floor(largest, least);
    Candidates candidates = scratch.candidates;
    if (filters.topK() != null) {
      filters.topK().keep(candidates, row, floor);
    } else if (!candidates.keepFrom(row, floor)) {
      return false;
    }
    candidates.weigh(row.values, largest, inverse, least);
    if (filters.topP() != null) {
      filters.topP().narrow(candidates);
      candidates.weigh(row.values, largest, inverse, least);
    }
    return true;
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
