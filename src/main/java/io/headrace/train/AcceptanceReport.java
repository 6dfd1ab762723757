package io.headrace.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What is known of an acceptance head: {@code acceptance.json} for whoever stops by it, and a card for people.
 *
 * @param job how it was trained
 * @param heads whose guesses it judges
 * @param guesses it was trained on
 * @param accepted share of these that were right
 * @param calibration rules on the calibration split, which chooses the thresholds
 * @param report rules on answers to held-out prompts, by file, best parameters again
 * @param transferred the trained head on these with the worth of the calibration split
 * @param reliability of the logistic model and of the trained head, on the calibration split
 * @param logistic weights of the logistic model, in the order of {@link #FEATURES}, the last its constant
 */
public record AcceptanceReport(
    AcceptanceJob job,
    HeadsJob heads,
    long guesses,
    double accepted,
    List<StopRules.Play> calibration,
    SequencedMap<String, List<StopRules.Play>> report,
    SequencedMap<String, StopRules.Play> transferred,
    SequencedMap<String, Reliability> reliability,
    float[] logistic) {
  /** What both models see of a guess besides states: of the drafter's distribution over its slice, and how deep the guess is. */
  public static final List<String> FEATURES = List.of("largest share", "log of it", "log of it over the second", "entropy, nats", "depth from 0");

  /** Writes {@code acceptance.json} and {@code acceptance.md}. */
  public void write(Path folder) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", 2);
    json.put("heads", sha256(Files.readAllBytes(folder.resolve("heads.json"))));
    json.put("width", job.width());
    json.put("blocks", job.blocks());
    json.put("features", FEATURES);
    Map<String, Object> rules = new LinkedHashMap<>();
    rules.put("head", Map.of("worth", rule(calibration, StopRules.HEAD).parameter()));
    rules.put("product", Map.of("worth", rule(calibration, StopRules.PRODUCT).parameter()));
    rules.put("confidence", Map.of("risk", rule(calibration, StopRules.CONFIDENCE).parameter()));
    json.put("rules", rules);
    json.put("logistic", logistic);
    Files.writeString(folder.resolve("acceptance.json"), new ObjectMapper().writeValueAsString(json) + "\n");
    Files.writeString(folder.resolve("acceptance.md"), card());
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }

  /** What the rule of that name did. */
  public static StopRules.Play rule(List<StopRules.Play> plays, String name) {
    return plays.stream().filter(play -> play.rule().equals(name)).findFirst().orElseThrow();
  }

  /** The model card. */
  public String card() {
    List<String> lines = new ArrayList<>();
    lines.add("# When to stop drafting");
    lines.add("");
    lines.add(
        format(
            "An acceptance head (%d residual blocks of %d, a rejected guess weighs %s) over `%s` heads, %d of them, in chains of %d, trained on %d guesses whose forerunners were all right; %.3f of them were right. Seed %d.",
            job.blocks(), job.width(), job.weight(), heads.kind().word(), heads.heads(), job.drafts(), guesses, accepted, job.seed()));
    lines.add("");
    lines.add(
        format(
            "Rounds are played over answers whose guesses are known at every position. A pass costs %s (rows:cost), a guess %s, a plain step 1. Each rule has its best parameter on the set shown: a length, the risk of the last draft beyond which a chain ends, or what a draft whose forerunners all hold is worth in plain steps.",
            job.passCosts(), job.draftCost()));
    table(lines, "calibration split", calibration);
    report.forEach(
        (name, plays) -> {
          table(lines, name, plays);
          StopRules.Play moved = transferred.get(name);
          StopRules.Play fixed = plays.getFirst();
          lines.add("");
          lines.add(
              format(
                  "With the worth of the calibration split (%.2f) the trained head gives %.3f, %+.1f %% against the best fixed length of this set.",
                  moved.parameter(), moved.speedUp(), 100 * (moved.speedUp() / fixed.speedUp() - 1)));
        });
    lines.add("");
    lines.add("## Reliability");
    lines.add("");
    lines.add("Calibration split: share of guesses that were right, by what was said of them.");
    lines.add("");
    StringBuilder head = new StringBuilder("| |");
    for (int bin = 0; bin < Reliability.BINS; bin++) head.append(format(" %d-%d %% |", 10 * bin, 10 * bin + 10));
    lines.add(head + " error |");
    lines.add("|---|" + "---|".repeat(Reliability.BINS + 1));
    reliability.forEach(
        (name, each) -> {
          StringBuilder row = new StringBuilder("| " + name + " |");
          for (int bin = 0; bin < Reliability.BINS; bin++) row.append(each.bin(bin).count() == 0 ? " |" : format(" %.2f |", each.bin(bin).right()));
          lines.add(row + format(" %.3f |", each.error()));
        });
    return String.join("\n", lines) + "\n";
  }

  private static void table(List<String> lines, String name, List<StopRules.Play> plays) {
    lines.add("");
    lines.add(format("**%s** (%d tokens)", name, plays.getFirst().tokens()));
    lines.add("");
    lines.add("| rule | best parameter | tokens per pass | verification rate | discard rate | times plain |");
    lines.add("|---|---|---|---|---|---|");
    for (StopRules.Play play : plays) {
      lines.add(
          format(
              "| %s | %.2f | %.3f | %.3f | %.3f | %.3f |",
              play.rule(), play.parameter(), play.tokensPerPass(), play.verificationRate(), play.discardRate(), play.speedUp()));
    }
  }

  private static String format(String text, Object... values) {
    return String.format(Locale.ROOT, text, values);
  }
}
