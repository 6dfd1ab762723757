package io.headrace.train;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * What a training of heads is told, as the file {@value #FILE} in its folder.
 *
 * @param format of this file
 * @param corpus folder
 * @param kind what a head sees
 * @param heads guesses after the certain token, 1 to 8
 * @param cells different blocks, 1 to heads; heads beyond share the last one
 * @param width of a head's inner layer; 0 for the published block, whose inner layer is its output
 * @param slice tokens that may be guessed
 * @param epochs passes over the corpus
 * @param batch positions per step
 * @param rate learning rate at its height
 * @param decay AdamW's weight decay
 * @param lossDecay weight of each head's loss as a factor of the one before it
 * @param soft share of the target's own distribution in a label, in [0, 1]; the rest is the token
 * @param rows of the corpus to train on at most
 * @param seed of initial weights and order
 */
public record HeadsJob(
    int format,
    String corpus,
    Kind kind,
    int heads,
    int cells,
    int width,
    int slice,
    int epochs,
    int batch,
    double rate,
    double decay,
    double lossDecay,
    double soft,
    long rows,
    long seed) {
  /** What this program writes and the trainer reads. */
  public static final int FORMAT = 1;

  public static final String FILE = "job.json";

  /** What a head sees beside the weights. */
  public enum Kind {
    /** The target's state alone. */
    MEDUSA,
    /** The target's state and the token that is certain. */
    ROOT,
    /** What the head before it made of the state, and the token before its own guess. */
    CHAIN;

    /** As options and files say it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** @throws IllegalArgumentException naming the option that is out of range */
  public HeadsJob {
    check(heads >= 1 && heads <= 8, "heads must be 1 to 8");
    check(cells >= 1 && cells <= heads, "cells must be 1 to the number of heads");
    check(width >= 0 && width <= 1 << 16, "width must be 0 to 65536");
    check(slice >= 16, "slice must be at least 16 tokens");
    check(epochs >= 1, "epochs must be at least 1");
    check(batch >= 32 && batch % 32 == 0, "batch must be a multiple of 32");
    check(rate > 0 && rate < 1, "rate must be above 0 and below 1");
    check(decay >= 0 && decay < 1, "decay must be in [0, 1)");
    check(lossDecay > 0 && lossDecay <= 1, "loss-decay must be in (0, 1]");
    check(soft >= 0 && soft <= 1, "soft must be in [0, 1]");
    check(rows >= 1, "rows must be at least 1");
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new IllegalArgumentException(what);
  }

  /** Reads the job of a folder. */
  public static HeadsJob read(Path folder) throws IOException {
    return new ObjectMapper().readValue(folder.resolve(FILE).toFile(), HeadsJob.class);
  }

  /** Writes it into a folder. */
  public void write(Path folder) throws IOException {
    Files.write(folder.resolve(FILE), new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(this));
  }

  /** Names of what differs from {@code other}; empty when a training of the one can go on as the other. */
  @JsonIgnore
  public List<String> differences(HeadsJob other) {
    List<String> names = new ArrayList<>();
    for (var part : HeadsJob.class.getRecordComponents()) {
      try {
        if (!Objects.equals(part.getAccessor().invoke(this), part.getAccessor().invoke(other))) names.add(part.getName());
      } catch (ReflectiveOperationException impossible) {
        throw new AssertionError("an accessor of a public record", impossible);
      }
    }
    return names;
  }
}
