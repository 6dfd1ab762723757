package io.headrace.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Everything a corpus follows from. A corpus with other settings is another corpus.
 *
 * @param format of the files
 * @param model what requests call it, for people
 * @param weights identity of the model's weights, by which a server knows whose heads these are
 * @param fingerprint of the model: weights and arithmetic
 * @param hidden values of a state
 * @param vocabulary rows of the model's output
 * @param seed of all draws
 * @param answerTokens most tokens of an answer
 * @param ownShare share of prompts that the model writes itself, in [0, 1]
 * @param sampledShare share of training answers that are drawn and not greedy, in [0, 1]
 * @param temperature that these are drawn at
 * @param prompts files that prompts are taken from
 * @param heldOut files whose prompts, and what resembles them, are kept out of training
 */
public record CorpusSettings(
    int format,
    String model,
    String weights,
    String fingerprint,
    int hidden,
    int vocabulary,
    long seed,
    int answerTokens,
    double ownShare,
    double sampledShare,
    double temperature,
    List<Source> prompts,
    List<Source> heldOut) {
  /** What this program writes. */
  public static final int FORMAT = 1;

  /**
   * Prompts of one file.
   *
   * @param name its name without folders
   * @param sha256 of the whole file, hex
   * @param first line taken, from 1
   * @param last line taken
   * @param count prompts in these lines
   */
  public record Source(String name, String sha256, int first, int last, int count) {
    /** File and lines, for people. */
    public String label() {
      return "%s, lines %d to %d (%d prompts)".formatted(name, first, last, count);
    }
  }

  public CorpusSettings {
    prompts = List.copyOf(prompts);
    heldOut = List.copyOf(heldOut);
  }

  /** Names of the settings in which {@code other} differs; empty when it describes the same corpus. */
  public List<String> differences(CorpusSettings other) {
    List<String> names = new ArrayList<>();
    for (var part : CorpusSettings.class.getRecordComponents()) {
      if (part.getName().equals("model")) continue; // the fingerprint says which
      try {
        if (!Objects.equals(part.getAccessor().invoke(this), part.getAccessor().invoke(other))) names.add(part.getName());
      } catch (ReflectiveOperationException impossible) {
        throw new AssertionError("an accessor of a public record", impossible);
      }
    }
    return names;
  }
}
