package io.headrace.train;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/**
 * Compares rules that say how many tokens to draft, by playing rounds over answers whose drafts are known at every position: a round
 * drafts, the target keeps what is right and adds one token, the next round begins there.
 *
 * <p>Rules that weigh risk go on drafting while another draft is worth its price, and give the target the beginning of their chain that
 * promises the most tokens per cost by what they believe of it, which is what a server does.
 *
 * <p>Cost of a round that makes {@code m} drafts and gives the target {@code k} of them: {@code pass(1 + k) + m * draft}, where a plain step
 * is 1.
 *
 * @see <a href="https://arxiv.org/abs/2405.19715">SpecDec++</a>
 */
public final class StopRules {
  /**
   * What is known of one position.
   *
   * @param answer number of the answer; positions of one follow one another
   * @param accepted leading drafts that are right, 0 to the longest draft
   * @param shares probability that the drafter gave each of its guesses
   * @param baseline probability of acceptance by the logistic model
   * @param learned probability of acceptance by the trained head
   */
  public record Position(int answer, int accepted, float[] shares, float[] baseline, float[] learned) {}

  /**
   * What a rule did.
   *
   * @param rule for people
   * @param parameter its length or threshold
   * @param tokens given
   * @param passes of the target
   * @param drafted tokens that the target was given
   * @param made tokens that were drafted, with those that a rule then kept back
   * @param discarded drafts that were not accepted
   * @param cost of all rounds, in plain steps
   */
  public record Play(String rule, double parameter, long tokens, long passes, long drafted, long made, long discarded, double cost) {
    /** Tokens per pass of the target. */
    public double tokensPerPass() {
      return (double) tokens / passes;
    }

    public double verificationRate() {
      return (double) passes / tokens;
    }

    public double discardRate() {
      return (double) discarded / tokens;
    }

    /** How many times faster than plain decoding this is by the costs given. */
    public double speedUp() {
      return tokens / cost;
    }
  }

  /** Drafts of a round: how many are made, and how many of these the target is given. */
  private record Round(int made, int given) {}

  /** Drafts of a first round whose length follows from the one before. */
  private static final int FIRST = 5;

  private interface Length {
    /** The round that begins at {@code position}; {@code last}: drafts given in the round before, {@code kept} of them accepted. */
    Round of(Position position, int last, int kept);
  }

  /** Names of the rules whose best parameter a server takes. */
  public static final String CONFIDENCE = "confidence of the last draft";

  public static final String PRODUCT = "product of confidences";
  public static final String HEAD = "trained head";

  private static final double[] RISKS = {.05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85, .9, .95};
  private static final double[] WORTHS = {.1, .15, .2, .25, .3, .35, .4, .5, .6, .7, .8, 1, 1.25, 1.5, 2, 3};

  private final List<Position> positions;
  private final int longest;
  private final IntToDoubleFunction pass;
  private final double draft;

  /**
   * @param longest most drafts of a round, at most what positions know
   * @param pass cost of a pass of so many rows, that of one row being 1
   * @param draft cost of a draft
   */
  public StopRules(List<Position> positions, int longest, IntToDoubleFunction pass, double draft) {
    this.positions = positions;
    this.longest = longest;
    this.pass = pass;
    this.draft = draft;
  }

  /**
   * The best parameter of every rule: a fixed length; two more after a round that was kept whole and one less after another; stop where the
   * risk of the last draft passes a threshold, by the drafter's confidence; stop where a draft whose forerunners are all right would have to
   * be worth more than so many plain steps to pay, by the product of confidences, by the logistic model and by the trained head.
   */
  public List<Play> best() {
    List<Play> best = new ArrayList<>();
    List<Play> fixed = new ArrayList<>();
    for (int k = 0; k <= longest; k++) {
      int length = k;
      fixed.add(play("fixed length", k, (position, last, kept) -> new Round(length, length)));
    }
    best.add(fastest(fixed));
    best.add(
        play(
            "+2 / -1",
            0,
            (position, last, kept) -> {
              int length = Math.min(longest, last == 0 ? FIRST : kept == last ? last + 2 : Math.max(1, last - 1));
              return new Round(length, length);
            }));
    best.add(fastest(Arrays.stream(RISKS).mapToObj(this::confident).toList()));
    best.add(fastest(Arrays.stream(WORTHS).mapToObj(worth -> paying(PRODUCT, worth, Position::shares)).toList()));
    best.add(fastest(Arrays.stream(WORTHS).mapToObj(worth -> paying("logistic model", worth, Position::baseline)).toList()));
    best.add(fastest(Arrays.stream(WORTHS).mapToObj(this::trained).toList()));
    best.add(
        play(
            "oracle",
            0,
            (position, last, kept) -> {
              int length = Math.min(position.accepted, longest);
              return new Round(length, length);
            }));
    return best;
  }

  /** The trained head's rule with a worth, as {@link #best} has it. */
  public Play trained(double worth) {
    return paying(HEAD, worth, Position::learned);
  }

  /** Goes on until the risk of the last draft passes {@code risk}. */
  private Play confident(double risk) {
    return play(
        CONFIDENCE,
        risk,
        (position, last, kept) -> {
          int made = 0;
          while (made < longest && (made == 0 || 1 - position.shares[made - 1] <= risk)) made++;
          return new Round(made, given(position.shares, made));
        });
  }

  /** Goes on while a draft, worth so many plain steps if all before it hold, costs less than that by what is said of these. */
  private Play paying(String rule, double worth, Function<Position, float[]> said) {
    return play(
        rule,
        worth,
        (position, last, kept) -> {
          float[] values = said.apply(position);
          double safety = 1;
          int made = 0;
          while (made < longest && safety * worth > draft + pass.applyAsDouble(made + 2) - pass.applyAsDouble(made + 1)) safety *= values[made++];
          return new Round(made, given(values, made));
        });
  }

  /** Of the first {@code made} drafts, the beginning that promises the most tokens per cost; drafting is paid. */
  private int given(float[] values, int made) {
    int best = 0;
    double most = 1;
    double safety = 1;
    double hoped = 0;
    for (int k = 1; k <= made; k++) {
      safety *= values[k - 1];
      hoped += safety;
      double worth = (1 + hoped) / pass.applyAsDouble(1 + k);
      if (worth <= most) continue;
      best = k;
      most = worth;
    }
    return best;
  }

  private static Play fastest(List<Play> plays) {
    return plays.stream().max(Comparator.comparingDouble(Play::speedUp)).orElseThrow();
  }

  private Play play(String rule, double parameter, Length length) {
    long tokens = 0;
    long passes = 0;
    long drafted = 0;
    long made = 0;
    long discarded = 0;
    double cost = 0;
    int last = 0;
    int kept = 0;
    int answer = -1;
    for (int at = 0; at < positions.size(); ) {
      Position here = positions.get(at);
      if (here.answer != answer) {
        answer = here.answer;
        last = 0;
        kept = 0;
      }
      Round round = length.of(here, last, kept);
      int k = round.given;
      int accepted = Math.min(k, here.accepted);
      passes++;
      tokens += accepted + 1;
      drafted += k;
      discarded += k - accepted;
      made += round.made;
      cost += pass.applyAsDouble(1 + k) + round.made * draft;
      last = k;
      kept = accepted;
      int next = at + 1;
      while (next < positions.size() && next <= at + accepted && positions.get(next).answer == answer) next++;
      at = next;
    }
    return new Play(rule, parameter, tokens, passes, drafted, made, discarded, cost);
  }

  /** Costs between points given as {@code rows:cost,...}, in straight lines; beyond the last at its slope. */
  public static IntToDoubleFunction costs(String points) {
    List<double[]> known = new ArrayList<>();
    for (String point : points.split(",")) {
      String[] parts = point.split(":");
      if (parts.length != 2) throw new IllegalArgumentException("pass-costs must look like 1:1,4:1.15,8:1.43, was " + points);
      try {
        known.add(new double[] {Integer.parseInt(parts[0].strip()), Double.parseDouble(parts[1].strip())});
      } catch (NumberFormatException wrong) {
        throw new IllegalArgumentException("pass-costs must look like 1:1,4:1.15,8:1.43, was " + points, wrong);
      }
      int last = known.size() - 1;
      if (last > 0 && known.get(last)[0] <= known.get(last - 1)[0]) throw new IllegalArgumentException("pass-costs must name rows in rising order, was " + points);
    }
    if (known.size() < 2 || known.getFirst()[0] != 1) throw new IllegalArgumentException("pass-costs must begin with one row and have another, was " + points);
    return rows -> {
      int upper = 1;
      while (upper < known.size() - 1 && known.get(upper)[0] < rows) upper++;
      double[] low = known.get(upper - 1);
      double[] high = known.get(upper);
      return (low[1] + (high[1] - low[1]) * (rows - low[0]) / (high[0] - low[0])) / known.getFirst()[1];
    };
  }
}
