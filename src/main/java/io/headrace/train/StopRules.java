package io.headrace.train;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntToDoubleFunction;

/**
 * Compares rules that say how many tokens to draft, by playing rounds over answers whose drafts are known at every position: a round
 * drafts, the target keeps what is right and adds one token, the next round begins there.
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

  private interface Length {
    /** The round that begins at {@code position}; {@code last}: drafts given in the round before, {@code kept} of them accepted. */
    Round of(Position position, int last, int kept);
  }

  private static final double[] THRESHOLDS = {.05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85, .9, .95};

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
   * The best parameter of every rule: a fixed length; two more after a round that was kept whole and one less after another; stop below
   * a confidence; stop when the product of what is said of all drafts falls below a threshold, said by the drafter's confidence, by the
   * logistic model and by the trained head.
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
              int length = Math.clamp(kept == last ? last + 2 : last - 1, 1, longest);
              return new Round(length, length);
            }));
    best.add(fastest(thresholds("confidence of the last draft", Position::shares, false)));
    best.add(fastest(thresholds("product of confidences", Position::shares, true)));
    best.add(fastest(thresholds("logistic model", Position::baseline, true)));
    best.add(fastest(thresholds("trained head", Position::learned, true)));
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

  /** A rule by its name with a threshold, as {@link #best} has it. */
  public Play trained(double threshold) {
    return threshold("trained head", threshold, Position::learned, true);
  }

  private List<Play> thresholds(String rule, Function<Position, float[]> said, boolean product) {
    List<Play> plays = new ArrayList<>();
    for (double threshold : THRESHOLDS) plays.add(threshold(rule, threshold, said, product));
    return plays;
  }

  /** A draft is made; where what is said of it, or of all so far, is under the threshold it is the last and is not submitted. */
  private Play threshold(String rule, double threshold, Function<Position, float[]> said, boolean product) {
    return play(
        rule,
        threshold,
        (position, last, kept) -> {
          float[] values = said.apply(position);
          double all = 1;
          for (int k = 0; k < longest; k++) {
            all = product ? all * values[k] : values[k];
            if (all < threshold) return new Round(k + 1, k);
          }
          return new Round(longest, longest);
        });
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
    int last = 1;
    int kept = 1;
    int answer = -1;
    for (int at = 0; at < positions.size(); ) {
      Position here = positions.get(at);
      if (here.answer != answer) {
        answer = here.answer;
        last = 1;
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
