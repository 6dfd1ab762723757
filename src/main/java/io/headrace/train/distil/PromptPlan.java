package io.headrace.train.distil;

import io.headrace.train.AnsweredPrompt;
import io.headrace.train.CorpusSettings;
import io.headrace.train.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Which prompt the training sequence of each number has, and what is done with it: all of it follows from the settings' seed and the
 * number. Prompts of files come in shuffled order, each once; when they are used up the model writes all that follow.
 */
final class PromptPlan {
  /** One sequence in this many is for calibration. */
  static final int CALIBRATION = 20;

  /**
   * What is planned for a number.
   *
   * @param text the prompt; null where the model is to write it
   * @param seed of the draws of this sequence
   * @param sampled whether the answer is drawn
   */
  record Planned(int index, Split split, int source, @Nullable String text, long seed, boolean sampled) {}

  private record FilePrompt(int source, String text) {}

  private final CorpusSettings settings;
  private final List<FilePrompt> shuffled = new ArrayList<>();
  private int used;
  private int next;

  PromptPlan(CorpusSettings settings, List<PromptFile> files) {
    this.settings = settings;
    for (int source = 0; source < files.size(); source++) {
      for (String text : files.get(source).prompts()) shuffled.add(new FilePrompt(source, text));
    }
    Collections.shuffle(shuffled, new Random(settings.seed()));
  }

  /** The next {@code count} sequences; fewer, or none, where prompts have run out and the model may not write its own. */
  List<Planned> next(int count) {
    List<Planned> planned = new ArrayList<>();
    while (planned.size() < count) {
      long seed = mix(mix(settings.seed()) + next);
      boolean own = fraction(seed, 1) < settings.ownShare();
      if (used == shuffled.size()) {
        if (settings.ownShare() == 0) break;
        own = true;
      }
      FilePrompt prompt = own ? null : shuffled.get(used++);
      Split split = Long.remainderUnsigned(mix(seed + 2), CALIBRATION) == 0 ? Split.CALIBRATION : Split.TRAIN;
      planned.add(
          new Planned(
              next++,
              split,
              prompt == null ? AnsweredPrompt.OWN : prompt.source,
              prompt == null ? null : prompt.text,
              seed,
              split == Split.TRAIN && fraction(seed, 3) < settings.sampledShare()));
    }
    return planned;
  }

  private static double fraction(long seed, int what) {
    return (mix(seed + what) >>> 11) * 0x1p-53;
  }

  /** The finaliser of SplitMix64. */
  static long mix(long z) {
    z += 0x9E3779B97F4A7C15L;
    z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
