package io.headrace.train;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Recognises prompts that figures are reported on, and what resembles them: texts are compared as lower-case words and numbers, by
 * the runs of three that they share. Immutable.
 */
public final class HeldOut {
  /** Shared runs of three, of all that either has, from which on two texts count as near duplicates. */
  static final double JACCARD = 0.5;

  /** Shared runs of a held-out text's own, from which on a longer text that contains it counts. */
  static final double CONTAINED = 0.7;

  private static final int RUN = 3;
  private static final Pattern WORD = Pattern.compile("[\\p{L}\\p{M}]+|\\p{N}+");

  private final Set<String> whole = new HashSet<>();
  private final List<Set<String>> runs = new ArrayList<>();

  public HeldOut(List<String> prompts) {
    for (String prompt : prompts) {
      List<String> words = words(prompt);
      whole.add(String.join(" ", words));
      runs.add(runs(words));
    }
  }

  /** Whether {@code prompt} is held out, or so like one that is that a figure on that one would mean little. */
  public boolean covers(String prompt) {
    List<String> words = words(prompt);
    if (whole.contains(String.join(" ", words))) return true;
    Set<String> own = runs(words);
    for (Set<String> held : runs) {
      int shared = 0;
      for (String run : own) {
        if (held.contains(run)) shared++;
      }
      if (shared == 0) continue;
      if (shared >= JACCARD * (own.size() + held.size() - shared) || shared >= CONTAINED * held.size()) return true;
    }
    return false;
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    var matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
    while (matcher.find()) words.add(matcher.group());
    return words;
  }

  /** Runs of three words; a shorter text is one run. */
  private static Set<String> runs(List<String> words) {
    Set<String> runs = new HashSet<>();
    if (words.size() < RUN) {
      runs.add(String.join(" ", words));
    } else {
      for (int i = 0; i + RUN <= words.size(); i++) runs.add(String.join(" ", words.subList(i, i + RUN)));
    }
    return runs;
  }
}
