package io.headrace.generation;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** How a request may ask to be decoded. {@link DecodingForm} reads the ways in which it is written. */
public sealed interface DecodingChoice {
  /** Drafted tokens of a pass that can be asked for at most. */
  int MOST_DRAFTED = 63;

  /** Experts that a fusion takes at most: with the model and the base as many as an engine has models. */
  int MOST_EXPERTS = 6;

  /** The largest weight of a fusion. */
  double MOST_ALPHA = 2;

  /** Tokens of a match that are compared at most. */
  int LONGEST_MATCH = 32;

  /** The name by which it is asked for. */
  String word();

  /** One token per pass. */
  record Plain() implements DecodingChoice {
    @Override
    public String word() {
      return Strategy.PLAIN.word();
    }
  }

  /**
   * Prompt lookup: wherever the last tokens of prompt and output stood before, what followed there is drafted.
   *
   * @param shortestMatch tokens that must be equal for a draft, 1 to 8. Smaller: more drafts, fewer of them right. Default 1
   * @param longestMatch tokens compared at most, {@code shortestMatch} to 32; a longer match is trusted more. Default 32
   * @param mostDrafted tokens of a draft at most, 1 to 63. Default 7: with the last token 8 rows, what a pass computes at little more than
   *     one
   */
  record Ngram(int shortestMatch, int longestMatch, int mostDrafted) implements DecodingChoice {
    /** What is taken when nothing is said. */
    public static final Ngram DEFAULT = new Ngram(1, 32, 7);

    public Ngram {
      if (shortestMatch < 1 || shortestMatch > 8) throw new IllegalArgumentException("shortestMatch must be in [1, 8], was " + shortestMatch);
      if (longestMatch < shortestMatch || longestMatch > LONGEST_MATCH) {
        throw new IllegalArgumentException("longestMatch must be in [%d, %d], was %d".formatted(shortestMatch, LONGEST_MATCH, longestMatch));
      }
      checkDrafted(mostDrafted);
    }

    @Override
    public String word() {
      return Strategy.NGRAM.word();
    }
  }

  /**
   * Whatever pays: before every pass the strategy and length of draft that promise the most tokens per time, by what passes of this machine
   * cost and by how this output's drafts fared; none where none pays.
   *
   * @param mostDrafted tokens of a draft at most, 1 to 63. Default 15
   */
  record Auto(int mostDrafted) implements DecodingChoice {
    /** What is taken when nothing is said. */
    public static final Auto DEFAULT = new Auto(15);

    public Auto {
      checkDrafted(mostDrafted);
    }

    @Override
    public String word() {
      return "auto";
    }
  }

  /**
   * Drafts by heads that were trained for the model.
   *
   * @param mostDrafted tokens of a draft at most, 1 to 63. Default 15
   * @param typical null, the default: the output of plain decoding. Otherwise drafts that are merely typical of the model are accepted too
   */
  record Medusa(int mostDrafted, @Nullable Typical typical) implements DecodingChoice {
    /** What is taken when nothing is said. */
    public static final Medusa DEFAULT = new Medusa(15);

    public Medusa {
      checkDrafted(mostDrafted);
    }

    /** With the output of plain decoding. */
    public Medusa(int mostDrafted) {
      this(mostDrafted, null);
    }

    @Override
    public String word() {
      return Strategy.MEDUSA.word();
    }
  }

  /**
   * Which drafted tokens count as typical of a model that would draw from a distribution of entropy {@code H}: those of a probability above
   * {@code min(epsilon, delta * exp(-H))}. With {@code epsilon} 1 and {@code delta} at least the vocabulary's size none are.
   *
   * @param epsilon in (0, 1]; default 0.09
   * @param delta above 0, at most 1e6; default 0.3
   */
  record Typical(double epsilon, double delta) {
    /** The published values. */
    public static final Typical DEFAULT = new Typical(0.09, 0.3);

    /** The largest {@code delta}. */
    public static final double MOST_DELTA = 1e6;

    public Typical {
      if (!(epsilon > 0 && epsilon <= 1)) throw new IllegalArgumentException("epsilon must be in (0, 1], was " + epsilon);
      if (!(delta > 0 && delta <= MOST_DELTA)) throw new IllegalArgumentException("delta must be in (0, 1e6], was " + delta);
    }
  }

  /**
   * Chains of drafts, ended where going on is not expected to pay: what followed the last tokens where they stood before, elsewhere guesses of heads that
   * go on from one another.
   *
   * @param stop what ends a chain; null: {@link Stop#HEAD} where an acceptance head was trained, else {@link Stop#PRODUCT}
   * @param draftTokens tokens of a chain at most, with {@link Stop#FIXED} exactly; 1 to 63. Default 8, of a fixed chain 3
   * @param threshold risk of a rejection beyond which a chain ends, in [0, 1]; NaN, the default: by what drafts and rows cost on this
   *     machine. Only for the first three of {@link Stop}
   * @param copies false: heads alone
   */
  record SpecDec(@Nullable Stop stop, int draftTokens, double threshold, boolean copies) implements DecodingChoice {
    /** What is taken when nothing is said. */
    public static final SpecDec DEFAULT = new SpecDec(null, 8, Double.NaN, true);

    /** Tokens of a fixed chain when nothing is said. */
    public static final int FIXED_TOKENS = 3;

    public SpecDec {
      checkDrafted(draftTokens);
      boolean given = !Double.isNaN(threshold);
      if (given && !(threshold >= 0 && threshold <= 1)) throw new IllegalArgumentException("threshold must be in [0, 1], was " + threshold);
      if (given && stop != null && !stop.weighsRisk()) throw new IllegalArgumentException("'%s' has no threshold".formatted(stop.word()));
    }

    @Override
    public String word() {
      return Strategy.SPECDEC.word();
    }
  }

  /** What ends a chain of drafts. */
  enum Stop {
    /** The risk that some draft is rejected, by a head that was trained to tell. */
    HEAD,
    /** The risk that the last draft is rejected, by the drafter's own confidence. */
    CONFIDENCE,
    /** The risk that some draft is rejected, by the product of the drafter's confidences. */
    PRODUCT,
    /** Its length. */
    FIXED,
    /** A length that grows by two after a chain that was accepted whole and else shrinks by one. */
    HEURISTIC;

    private final String word = name().toLowerCase(Locale.ROOT);

    /** As requests say it. */
    public String word() {
      return word;
    }

    /** Whether it stops at a threshold of risk. */
    public boolean weighsRisk() {
      return compareTo(FIXED) < 0;
    }
  }

  /**
   * A companion, usually a smaller model, yields tokens while the choice is easy, as the entropy of the last rows tells, the served model
   * while it is hard. Not the output of plain decoding.
   *
   * @param companion its name; empty where there is only one
   * @param threshold mean entropy of the last rows, bits, above which the served model takes over. -1 to 1000: below 0 always the served model, above
   *     what the vocabulary allows always the companion. Default 2, as undecided as between four tokens
   * @param window rows that the mean is of, of the model that goes on, 1 to 64. Default 5
   * @param dwell tokens that a model yields at least before the other takes over, 1 to 1024. Default 8
   * @param hysteresis share of the threshold by which the mean must pass it, 0 to 0.9. Default 0.1
   * @param startOnTarget whether the served model yields the first token. Default true
   */
  record Entropy(String companion, double threshold, int window, int dwell, double hysteresis, boolean startOnTarget) implements DecodingChoice {
    /** What is taken when nothing is said. */
    public static final Entropy DEFAULT = new Entropy("", 2, 5, 8, 0.1, true);

    public Entropy {
      if (!(threshold >= -1 && threshold <= 1000)) throw new IllegalArgumentException("threshold must be in [-1, 1000], was " + threshold);
      if (window < 1 || window > 64) throw new IllegalArgumentException("window must be in [1, 64], was " + window);
      if (dwell < 1 || dwell > 1024) throw new IllegalArgumentException("dwell must be in [1, 1024], was " + dwell);
      if (!(hysteresis >= 0 && hysteresis <= 0.9)) throw new IllegalArgumentException("hysteresis must be in [0, 0.9], was " + hysteresis);
    }

    @Override
    public String word() {
      return Strategy.ENTROPY.word();
    }
  }

  /** The output of a companion instead of the model's. */
  record Companion(String name) implements DecodingChoice {
    @Override
    public String word() {
      return "companion";
    }
  }

  /**
   * Dynamic logits fusion: the model's logits, moved as fine-tuning moved those of a smaller model; not the output of plain decoding.
   *
   * @param base the companion that the experts were trained from
   * @param experts companions trained from it, 1 to {@link #MOST_EXPERTS}; no two are equal, none is the base
   * @param alpha how far the logits are moved, in [0, {@link #MOST_ALPHA}]; 1 is as far as the experts' own. Empty: found for every token
   */
  record Fusion(String base, List<String> experts, OptionalDouble alpha) implements DecodingChoice {
    public Fusion {
      experts = List.copyOf(experts);
      if (experts.isEmpty() || experts.size() > MOST_EXPERTS) {
        throw new IllegalArgumentException("fusion takes 1 to %d experts, was given %d".formatted(MOST_EXPERTS, experts.size()));
      }
      if (new HashSet<>(experts).size() < experts.size() || experts.contains(base)) {
        throw new IllegalArgumentException("base and experts must be different models");
      }
      double weight = alpha.orElse(0);
      if (!(weight >= 0 && weight <= MOST_ALPHA)) throw new IllegalArgumentException("alpha must be in [0, %s], was %s".formatted(MOST_ALPHA, weight));
    }

    @Override
    public String word() {
      return Strategy.FUSION.word();
    }
  }

  /**
   * A companion answers first; where its answer is not reliable the model answers. Whoever takes calls carries it out with a request for
   * each, an engine does not know it.
   *
   * @param small the companion
   * @param threshold the score above which its answer is kept; minus infinity keeps every answer
   */
  record Cascade(String small, CascadeJudge judge, double threshold) implements DecodingChoice {
    public Cascade {
      if (Double.isNaN(threshold)) throw new IllegalArgumentException("threshold must be a number");
    }

    /** What it begins with. */
    public DecodingChoice first() {
      return new Companion(small);
    }

    /** Whether an answer with this score is kept; one of which nothing could be said has NaN. */
    public boolean keeps(double score) {
      return threshold == Double.NEGATIVE_INFINITY || score > threshold;
    }

    @Override
    public String word() {
      return "cascade";
    }
  }

  private static void checkDrafted(int mostDrafted) {
    if (mostDrafted < 1 || mostDrafted > MOST_DRAFTED) {
      throw new IllegalArgumentException("mostDrafted must be in [1, %d], was %d".formatted(MOST_DRAFTED, mostDrafted));
    }
  }
}
