package io.headrace;

import io.headrace.engine.Companion;
import io.headrace.model.LoadOptions;
import io.headrace.model.LoadProgress;
import io.headrace.model.Model;
import io.headrace.model.Models;
import io.headrace.tensor.Kernels;
import io.headrace.text.SameTokens;
import io.headrace.text.VocabularySource;
import io.headrace.weights.WeightFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The companions of the served model on their way from file to memory. They are computed by the kernels of the served model, on one team
 * of threads, and have keys and values for as many blocks.
 */
final class CompanionFiles implements AutoCloseable {
  private record Named(String name, WeightFile file) {}

  private final List<Named> files = new ArrayList<>();

  /** Opens their files. */
  static CompanionFiles open(List<FoundModel> found) {
    CompanionFiles files = new CompanionFiles();
    try {
      for (FoundModel each : found) files.files.add(new Named(each.name(), WeightFile.open(each.path())));
      return files;
    } catch (RuntimeException failed) {
      files.close();
      throw failed;
    }
  }

  /**
   * Refuses companions that cannot go on where the served model stopped.
   *
   * @param window longest sequence that is served, tokens
   */
  void check(WeightFile served, int window) {
    for (Named companion : files) {
      String difference = SameTokens.difference(VocabularySource.of(served), VocabularySource.of(companion.file));
      if (difference != null) {
        throw new Problem(
            "companions (or HEADRACE_COMPANIONS): '%s' (%s) has other tokens than %s: %s; a companion must have the same"
                .formatted(companion.name, companion.file.path().getFileName(), served.path().getFileName(), difference));
      }
      int logits = Models.vocabulary(served);
      int others = Models.vocabulary(companion.file);
      if (others != logits) {
        throw new Problem(
            "companions (or HEADRACE_COMPANIONS): '%s' (%s) has logits for %d tokens, %s for %d: one of them is padded; take files that are padded alike"
                .formatted(companion.name, companion.file.path().getFileName(), others, served.path().getFileName(), logits));
      }
      if (Models.window(companion.file) < window) {
        throw new Problem(
            "companions (or HEADRACE_COMPANIONS): '%s' was made for at most %d tokens, %d are served: set engine.context=%d"
                .formatted(companion.name, Models.window(companion.file), window, Models.window(companion.file)));
      }
    }
  }

  /** Bytes of keys and values that a token takes in all of them. */
  long kvBytesPerToken() {
    long sum = 0;
    for (Named companion : files) sum += Models.kvBytesPerToken(companion.file);
    return sum;
  }

  /** Bytes of their weights. */
  long weightBytes() {
    long sum = 0;
    for (Named companion : files) sum += companion.file.weightBytes();
    return sum;
  }

  /**
   * Loads them.
   *
   * @param options those of the served model
   */
  List<Companion> load(Kernels kernels, LoadOptions options) {
    List<Companion> companions = new ArrayList<>();
    try {
      for (Named companion : files) {
        Model model = Models.load(companion.file, kernels, options.withTaps(Set.of(), false), LoadProgress.IGNORED);
        companions.add(new Companion(companion.name, model));
      }
      return companions;
    } catch (RuntimeException failed) {
      companions.forEach(companion -> companion.model().close());
      throw failed;
    }
  }

  @Override
  public void close() {
    for (Named companion : files) companion.file.close();
  }
}
