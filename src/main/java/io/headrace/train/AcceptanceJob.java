package io.headrace.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a training of an acceptance head is told, as the file {@value #FILE} in the folder of the heads whose guesses it judges.
 *
 * @param format of this file
 * @param width of its inner layers
 * @param blocks residual blocks between input and output, 0 and up
 * @param weight of a rejected guess in the loss; an accepted one has 1
 * @param epochs passes over what it is fitted to
 * @param batch positions per step
 * @param rate learning rate at its height
 * @param passCosts cost of a pass by its rows, as {@link StopRules#costs} reads it
 * @param draftCost cost of one guess, where a plain step is 1
 * @param drafts guesses of a chain, as many as a server may draft; beyond the heads the last one goes on from itself
 * @param seed of initial weights
 */
public record AcceptanceJob(
    int format, int width, int blocks, double weight, int epochs, int batch, double rate, String passCosts, double draftCost, int drafts, long seed) {
  public static final int FORMAT = 2;

  public static final String FILE = "acceptance-job.json";

  /** @throws IllegalArgumentException naming the option that is out of range */
  public AcceptanceJob {
    check(width >= 16 && width <= 1 << 14 && width % 16 == 0, "width must be a multiple of 16, at most 16384");
    check(blocks >= 0 && blocks <= 8, "blocks must be 0 to 8");
    check(weight > 0 && weight <= 100, "weight must be above 0 and at most 100");
    check(epochs >= 1, "epochs must be at least 1");
    check(batch >= 32, "batch must be at least 32");
    check(rate > 0 && rate < 1, "rate must be above 0 and below 1");
    check(draftCost >= 0 && draftCost < 10, "draft-cost must be between 0 and 10");
    check(drafts >= 1 && drafts <= 32, "drafts must be 1 to 32");
    StopRules.costs(passCosts);
  }

  private static void check(boolean holds, String what) {
    if (!holds) throw new IllegalArgumentException(what);
  }

  /** Reads the job of a folder. */
  public static AcceptanceJob read(Path folder) throws IOException {
    return new ObjectMapper().readValue(folder.resolve(FILE).toFile(), AcceptanceJob.class);
  }

  /** Writes it into a folder. */
  public void write(Path folder) throws IOException {
    Files.write(folder.resolve(FILE), new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(this));
  }
}
