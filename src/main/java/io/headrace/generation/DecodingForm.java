package io.headrace.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The ways to write a {@link DecodingChoice}: a strategy's name with options by name. Doors that speak JSON give the options as values;
 * the command line and the configuration write {@code ngram} or {@code ngram,most_drafted=4}.
 *
 * <p>Thread: any; no state.
 */
public final class DecodingForm {
  /** Why a choice cannot be read. */
  public static final class Wrong extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String option;
    private final String problem;

    Wrong(String option, String problem) {
      super((option.isEmpty() ? "" : option + ": ") + problem, null, false, false);
      this.option = option;
      this.problem = problem;
    }

    /** The option's name; {@code strategy} for the name itself. */
    public String option() {
      return option;
    }

    /** What is wrong with it and what would be right. */
    public String problem() {
      return problem;
    }
  }

  private static final List<String> NAMES = List.of("plain", "ngram", "medusa", "specdec", "entropy", "fusion", "cascade", "companion", "auto");

  /** What stands for the least number above 0 where 0 makes no sense. */
  private static final double LEAST = 1e-9;

  private final String strategy;
  private final Map<String, ?> given;
  private final Set<String> known = new HashSet<>();

  private DecodingForm(String strategy, Map<String, ?> given) {
    this.strategy = strategy;
    this.given = given;
  }

  /**
   * The choice that {@code strategy} with {@code options} names.
   *
   * @param options numbers, or texts of them, and names
   * @throws Wrong for a name that no strategy has, an option that this strategy does not have, a value out of range
   */
  public static DecodingChoice of(String strategy, Map<String, ?> options) {
    DecodingForm form = new DecodingForm(strategy, options);
    DecodingChoice choice = form.read();
    for (String option : options.keySet()) {
      if (!form.known.contains(option)) throw new Wrong(option, form.noSuchOption());
    }
    return choice;
  }

  /**
   * The choice that a text such as {@code ngram,most_drafted=4} names.
   *
   * @throws Wrong as {@link #of}
   */
  public static DecodingChoice parse(String text) {
    String[] parts = text.strip().split(",", -1);
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      if (equals < 1) throw new Wrong(parts[i].strip(), "is no option; write NAME=VALUE, such as ngram,most_drafted=4");
      String name = parts[i].substring(0, equals).strip();
      if (options.put(name, parts[i].substring(equals + 1).strip()) != null) throw new Wrong(name, "is given twice");
    }
    return of(parts[0].strip(), options);
  }

  private DecodingChoice read() {
    return switch (strategy) {
      case "plain" -> new DecodingChoice.Plain();
      case "ngram" -> ngram();
      case "auto" -> new DecodingChoice.Auto(number("most_drafted", 1, DecodingChoice.MOST_DRAFTED, DecodingChoice.Auto.DEFAULT.mostDrafted()));
      case "medusa" -> medusa();
      case "specdec" -> specDec();
      case "entropy" -> entropy();
      case "companion" -> new DecodingChoice.Companion(name("name", "the companion that answers"));
      case "fusion" -> fusion();
      case "cascade" -> cascade();
      default -> throw new Wrong("strategy", "'%s' is no strategy; there are %s".formatted(strategy, String.join(", ", NAMES)));
    };
  }

  private DecodingChoice ngram() {
    DecodingChoice.Ngram usual = DecodingChoice.Ngram.DEFAULT;
    int shortest = number("shortest_match", 1, 8, usual.shortestMatch());
    int longest = number("longest_match", shortest, DecodingChoice.LONGEST_MATCH, Math.max(shortest, usual.longestMatch()));
    int drafted = number("most_drafted", 1, DecodingChoice.MOST_DRAFTED, usual.mostDrafted());
    return new DecodingChoice.Ngram(shortest, longest, drafted);
  }

  private DecodingChoice entropy() {
    DecodingChoice.Entropy usual = DecodingChoice.Entropy.DEFAULT;
    String companion = text("companion", usual.companion());
    double threshold = decimal("threshold", -1, 1000, usual.threshold());
    int window = number("window", 1, 64, usual.window());
    int dwell = number("dwell", 1, 1024, usual.dwell());
    double hysteresis = decimal("hysteresis", 0, 0.9, usual.hysteresis());
    String start = text("start", "target");
    if (!start.equals("target") && !start.equals("companion")) throw new Wrong("start", "must be target or companion, was '%s'".formatted(start));
    return new DecodingChoice.Entropy(companion, threshold, window, dwell, hysteresis, start.equals("target"));
  }

  private DecodingChoice fusion() {
    String base = name("base", "the companion that the experts were trained from");
    List<String> experts = names("experts", DecodingChoice.MOST_EXPERTS);
    if (new HashSet<>(experts).size() < experts.size()) throw new Wrong("experts", "names a companion twice");
    if (experts.contains(base)) throw new Wrong("experts", "names the base '%s' too; an expert is another model".formatted(base));
    boolean dynamic = !given.containsKey("alpha") || "dynamic".equals(given.get("alpha"));
    known.add("alpha");
    return new DecodingChoice.Fusion(base, experts, dynamic ? OptionalDouble.empty() : OptionalDouble.of(decimal("alpha", 0, DecodingChoice.MOST_ALPHA, 1)));
  }

  private DecodingChoice cascade() {
    String small = name("small", "the companion that answers first");
    String word = text("judge", CascadeJudge.LOGPROB.word());
    for (CascadeJudge judge : CascadeJudge.values()) {
      if (!judge.word().equals(word)) continue;
      double threshold = decimal("threshold", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, judge.usualThreshold());
      return new DecodingChoice.Cascade(small, judge, threshold);
    }
    String words = Arrays.stream(CascadeJudge.values()).map(CascadeJudge::word).collect(Collectors.joining(", "));
    throw new Wrong("judge", "must be one of %s, was '%s'".formatted(words, word));
  }

  /** A name that must be given. */
  private String name(String option, String meaning) {
    String name = text(option, "");
    if (name.isEmpty()) throw new Wrong(option, "is missing; name " + meaning);
    return name;
  }

  /** A list of names, in one text with a plus between them where texts are all there is. */
  private List<String> names(String option, int most) {
    known.add(option);
    Object value = given.get(option);
    List<?> all = value instanceof String text ? Arrays.asList(text.split("\\+", -1)) : value instanceof List<?> list ? list : List.of();
    List<String> names = new ArrayList<>();
    for (Object one : all) {
      if (!(one instanceof String name) || name.isBlank()) throw new Wrong(option, "must be a list of names, was " + value);
      names.add(name.strip());
    }
    if (names.isEmpty() || names.size() > most) throw new Wrong(option, "must be a list of 1 to %d names".formatted(most) + (value == null ? "" : ", was " + value));
    return names;
  }

  private DecodingChoice medusa() {
    int drafted = number("most_drafted", 1, DecodingChoice.MOST_DRAFTED, DecodingChoice.Medusa.DEFAULT.mostDrafted());
    if (!word("acceptance", List.of("exact", "typical"), "exact").equals("typical")) return new DecodingChoice.Medusa(drafted);
    DecodingChoice.Typical usual = DecodingChoice.Typical.DEFAULT;
    double epsilon = decimal("epsilon", LEAST, 1, usual.epsilon());
    double delta = decimal("delta", LEAST, DecodingChoice.Typical.MOST_DELTA, usual.delta());
    return new DecodingChoice.Medusa(drafted, new DecodingChoice.Typical(epsilon, delta));
  }

  private DecodingChoice specDec() {
    List<String> words = Arrays.stream(DecodingChoice.Stop.values()).map(DecodingChoice.Stop::word).toList();
    String said = word("stop", words, "");
    DecodingChoice.Stop stop = said.isEmpty() ? null : DecodingChoice.Stop.values()[words.indexOf(said)];
    DecodingChoice.SpecDec usual = DecodingChoice.SpecDec.DEFAULT;
    int otherwise = stop == DecodingChoice.Stop.FIXED ? DecodingChoice.SpecDec.FIXED_TOKENS : usual.draftTokens();
    int tokens = number("draft_tokens", 1, DecodingChoice.MOST_DRAFTED, otherwise);
    double threshold = stop == null || stop.weighsRisk() ? decimal("threshold", 0, 1, usual.threshold()) : usual.threshold();
    boolean copies = word("draft", List.of("copies", "heads"), "copies").equals("copies");
    return new DecodingChoice.SpecDec(stop, tokens, threshold, copies);
  }

  private String word(String option, List<String> words, String otherwise) {
    known.add(option);
    Object value = given.get(option);
    if (value == null) return otherwise;
    if (value instanceof String word && words.contains(word)) return word;
    throw new Wrong(option, "must be one of %s, was %s".formatted(String.join(", ", words), value));
  }

  private int number(String option, int low, int high, int otherwise) {
    String range = "must be a whole number between %d and %d".formatted(low, high);
    double number = value(option, range, otherwise);
    if (number != Math.rint(number) || !(number >= low && number <= high)) throw new Wrong(option, range + ", was " + given.get(option));
    return (int) number;
  }

  private double decimal(String option, double low, double high, double otherwise) {
    if (given.get(option) == null) {
      known.add(option);
      return otherwise;
    }
    String range = "must be a number between %s and %s".formatted(plain(low), plain(high));
    double number = value(option, range, otherwise);
    if (!(number >= low && number <= high)) throw new Wrong(option, range + ", was " + given.get(option));
    return number;
  }

  private static String plain(double number) {
    return Math.abs(number) < 1e15 && number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  private double value(String option, String range, double otherwise) {
    known.add(option);
    Object value = given.get(option);
    if (value == null) return otherwise;
    try {
      return value instanceof Number n ? n.doubleValue() : Double.parseDouble((String) value);
    } catch (ClassCastException | NumberFormatException none) {
      throw new Wrong(option, range + ", was " + value);
    }
  }

  private String text(String option, String otherwise) {
    known.add(option);
    Object value = given.get(option);
    if (value == null) return otherwise;
    if (value instanceof String text && !text.isBlank()) return text.strip();
    throw new Wrong(option, "must be a name, was " + value);
  }

  private String noSuchOption() {
    return known.isEmpty()
        ? "'%s' has no options".formatted(strategy)
        : "is no option of '%s'; it has %s".formatted(strategy, String.join(", ", known.stream().sorted().toList()));
  }
}
