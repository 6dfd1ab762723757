package io.headrace.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/**
 * What is known about trained heads: the file {@code heads.json} for whoever drafts with them, and a card for people.
 *
 * @param corpus what they were trained on
 * @param job how
 * @param trainRows positions they were trained on
 * @param slice tokens they guess
 * @param coverage share of tokens inside the slice, per name of a set of held-out answers
 * @param calibration ranks on the calibration split: what the tree follows from
 * @param reliability of each head's first guess there
 * @param report ranks on answers to held-out prompts, by file
 * @param steps taken
 * @param seconds of training, pauses left out
 */
public record HeadsReport(
    CorpusSettings corpus,
    HeadsJob job,
    int trainRows,
    VocabularySlice slice,
    SequencedMap<String, Double> coverage,
    GuessRanks calibration,
    List<Reliability> reliability,
    SequencedMap<String, GuessRanks> report,
    int steps,
    double seconds) {
  /** Ranks per depth that a tree may use, and nodes that are listed. */
  private static final int CHILDREN = 10;

  private static final int NODES = 63;

  /** Small trees that figures are given for: ranks per depth. */
  private static final List<int[]> SMALL = List.of(new int[] {3}, new int[] {3, 1}, new int[] {3, 2}, new int[] {4, 2, 1});

  /** Writes {@code heads.json} and {@code README.md}. */
  public void write(Path folder) throws IOException {
    Files.writeString(folder.resolve("heads.json"), new ObjectMapper().writeValueAsString(json()) + "\n");
    Files.writeString(folder.resolve("README.md"), card());
  }

  /**
   * The content of {@code heads.json}: sizes, the slice, the tree in order of merit with the probability of each path, hit rates and
   * reliabilities.
   */
  public Map<String, Object> json() {
    TreeGrowth tree = calibration.tree(CHILDREN, NODES);
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("format", 1);
    json.put("kind", job.kind().word());
    json.put("model", corpus.model());
    json.put("weights", corpus.weights());
    json.put("fingerprint", corpus.fingerprint());
    json.put("hidden", corpus.hidden());
    json.put("vocabulary", corpus.vocabulary());
    json.put("heads", job.heads());
    json.put("cells", job.cells());
    json.put("width", job.width());
    json.put("slice", slice.tokens());
    json.put("tree", Map.of("paths", tree.paths(), "values", rounded(tree.values())));
    List<double[]> rates = new ArrayList<>();
    List<Map<String, Object>> bins = new ArrayList<>();
    for (int head = 0; head < job.heads(); head++) {
      rates.add(rounded(calibration.rates(head, CHILDREN)));
      List<Object> rows = new ArrayList<>();
      for (int bin = 0; bin < Reliability.BINS; bin++) {
        Reliability.Bin each = reliability.get(head).bin(bin);
        rows.add(Map.of("count", each.count(), "said", round(each.said()), "right", round(each.right())));
      }
      bins.add(Map.of("head", head, "error", round(reliability.get(head).error()), "bins", rows));
    }
    json.put("rates", rates);
    json.put("reliability", bins);
    return json;
  }

  private static double[] rounded(double[] values) {
    double[] out = values.clone();
    for (int i = 0; i < out.length; i++) out[i] = round(out[i]);
    return out;
  }

  private static double round(double value) {
    return Double.isNaN(value) ? 0 : Math.round(value * 1e5) / 1e5;
  }

  /** The model card. */
  public String card() {
    StringBuilder out = new StringBuilder();
    line(out, "# Drafting heads for %s", corpus.model());
    line(out, "");
    line(out, "Kind `%s`: %s.", job.kind().word(), meaning());
    line(out, "");
    line(out, "| | |");
    line(out, "|---|---|");
    row(out, "model", "%s, fingerprint %s".formatted(corpus.model(), corpus.fingerprint()));
    row(out, "heads", "%d with %d different blocks, inner layer of %s".formatted(job.heads(), job.cells(), job.width() == 0 ? "the state's width, no output matrix" : String.valueOf(job.width())));
    row(out, "vocabulary slice", "%d of %d tokens, the most frequent of the training answers".formatted(slice.tokens().length, corpus.vocabulary()));
    coverage.forEach((name, share) -> row(out, "coverage of " + name, percent(share)));
    row(out, "trained on", "%d tokens of the model's own answers (%s), seed %d".formatted(trainRows, answers(), corpus.seed()));
    row(out, "prompts", prompts());
    for (CorpusSettings.Source held : corpus.heldOut()) row(out, "held out of training", held.label() + ", and what resembles them");
    row(
        out,
        "training",
        "AdamW, rate %s falling on a cosine, weight decay %s, %d epochs, %d positions a step, %d steps, %.0f s; loss of each head %s of the one before, labels %s the target's distribution; seed %d"
            .formatted(job.rate(), job.decay(), job.epochs(), job.batch(), steps, seconds, job.lossDecay(), percent(job.soft()), job.seed()));
    line(out, "");
    line(out, "## Guesses on answers to held-out prompts");
    line(out, "");
    line(out, "Share of positions at which the truth was among a head's first 1, 2, 4 and 8 guesses, all before it known; tokens per pass of chains of first");
    line(out, "guesses and of full trees with so many ranks per depth. The certain token counts as one.");
    report.forEach((name, ranks) -> accuracies(out, name, ranks));
    accuracies(out, "calibration split", calibration);
    conditional(out);
    tree(out);
    line(out, "");
    line(out, "## Reliability of first guesses");
    line(out, "");
    line(out, "Calibration split: probability that a head gave its first guess, against how often it was right.");
    line(out, "");
    line(out, "| head | %s | error |", String.join(" | ", bins(bin -> "%d-%d %%".formatted(10 * bin, 10 * bin + 10))));
    line(out, "|---|%s---|", "---|".repeat(Reliability.BINS));
    for (int head = 0; head < job.heads(); head++) {
      Reliability each = reliability.get(head);
      List<String> cells = bins(bin -> each.bin(bin).count() == 0 ? "" : String.format(Locale.ROOT, "%.2f", each.bin(bin).right()));
      line(out, "| %d | %s | %.3f |", head + 1, String.join(" | ", cells), each.error());
    }
    return out.toString();
  }

  private String meaning() {
    return switch (job.kind()) {
      case MEDUSA -> "every head sees the target's final state only";
      case ROOT -> "every head sees the target's final state and the token that is certain";
      case CHAIN -> "every head sees what the one before it made of the target's final state, and the token before its own guess";
    };
  }

  private String answers() {
    String greedy = "up to %d tokens each, greedy".formatted(corpus.answerTokens());
    return corpus.sampledShare() == 0 ? greedy : greedy + ", %s drawn at temperature %s".formatted(percent(corpus.sampledShare()), corpus.temperature());
  }

  private String prompts() {
    List<String> parts = new ArrayList<>();
    for (CorpusSettings.Source source : corpus.prompts()) parts.add(source.label());
    if (corpus.ownShare() > 0) parts.add("%s written by the model inside the user turn of its template".formatted(percent(corpus.ownShare())));
    return String.join("; ", parts);
  }

  private void accuracies(StringBuilder out, String name, GuessRanks ranks) {
    line(out, "");
    line(out, "**%s** (%d positions)", name, ranks.size());
    line(out, "");
    line(out, "| head | top 1 | 2 | 4 | 8 | chain up to here |");
    line(out, "|---|---|---|---|---|---|");
    for (int head = 0; head < job.heads(); head++) {
      line(
          out,
          "| %d | %.3f | %.3f | %.3f | %.3f | %.2f |",
          head + 1,
          ranks.top(head, 1),
          ranks.top(head, 2),
          ranks.top(head, 4),
          ranks.top(head, 8),
          ranks.chain(head + 1));
    }
    List<String> trees = new ArrayList<>();
    for (int[] widths : SMALL) {
      if (widths.length <= job.heads()) trees.add(String.format(Locale.ROOT, "(%s) %.2f", join(widths, ","), ranks.full(widths)));
    }
    line(out, "");
    line(out, "Trees: %s", String.join(", ", trees));
  }

  private void conditional(StringBuilder out) {
    line(out, "");
    line(out, "## Hit rates per rank");
    line(out, "");
    line(out, "Calibration split: how often a head's guess of each rank was right, given the rank at which the head before it had been right.");
    line(out, "");
    line(out, "| head | before | 1st | 2nd | 3rd | 4th |");
    line(out, "|---|---|---|---|---|---|");
    for (int head = 0; head < job.heads(); head++) {
      for (int before = 0; before < (head == 0 ? 1 : 3); before++) {
        StringBuilder cells = new StringBuilder();
        for (int rank = 0; rank < 4; rank++) cells.append(String.format(Locale.ROOT, " | %.3f", calibration.conditional(head, before, rank)));
        line(out, "| %d | %s%s |", head + 1, head == 0 ? "" : String.valueOf(before + 1), cells);
      }
    }
  }

  private void tree(StringBuilder out) {
    TreeGrowth tree = calibration.tree(CHILDREN, NODES);
    line(out, "");
    line(out, "## Tree");
    line(out, "");
    line(out, "Grown on the calibration split, in order of merit; every beginning is the best tree of its size. Guesses -> tokens per pass:");
    List<String> sizes = new ArrayList<>();
    for (int nodes : new int[] {1, 2, 3, 5, 7, 10, 15, 20, 31, 63}) {
      if (nodes <= tree.paths().size()) sizes.add(String.format(Locale.ROOT, "%d -> %.2f", nodes, tree.tokensPerPass(nodes)));
    }
    line(out, "%s.", String.join(", ", sizes));
    line(out, "");
    List<String> first = new ArrayList<>();
    for (int i = 0; i < Math.min(16, tree.paths().size()); i++) first.add("(%s)".formatted(join(tree.paths().get(i), ",")));
    line(out, "First paths, ranks from 0: %s.", String.join(" ", first));
  }

  private interface Cell {
    String of(int bin);
  }

  private static List<String> bins(Cell cell) {
    List<String> cells = new ArrayList<>();
    for (int bin = 0; bin < Reliability.BINS; bin++) cells.add(cell.of(bin));
    return cells;
  }

  private static String join(int[] values, String between) {
    StringBuilder text = new StringBuilder();
    for (int value : values) text.append(text.isEmpty() ? "" : between).append(value);
    return text.toString();
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static void row(StringBuilder out, String what, String value) {
    line(out, "| %s | %s |", what, value);
  }

  private static void line(StringBuilder out, String format, Object... arguments) {
    out.append(arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
