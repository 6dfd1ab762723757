package io.headrace.train.distil;

import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.Sampling;
import io.headrace.model.DecoderModel;
import io.headrace.model.ForwardBatch;
import io.headrace.model.HiddenRows;
import io.headrace.model.LogitRows;
import io.headrace.model.Model;
import io.headrace.sampling.PickerScratch;
import io.headrace.sampling.TokenPicker;
import io.headrace.train.AnsweredPrompt.Ending;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets a model go on from many prompts at once: as many as there are places are in work, and a place that falls free takes the next
 * prompt. Nothing is shared between sequences and nothing is preempted, so this is a loop where a server needs an engine.
 *
 * <p>What a task gives depends on the task alone, not on its company.
 *
 * <p>Thread: plays the model's engine thread.
 */
final class BatchDecoder {
  /**
   * What to do with one prompt.
   *
   * @param mostTokens tokens written at most
   * @param states whether the state of each token is kept; the model must have the tap after the final norm
   * @param endInCircles whether to end once the text repeats itself
   */
  record Task(int[] prompt, Sampling sampling, int mostTokens, boolean states, boolean endInCircles) {}

  /**
   * What came of it.
   *
   * @param tokens written, an end token included
   * @param states a row of binary16 values per token, if they were kept
   */
  record Written(int[] tokens, short[] states, Ending ending) {}

  private static final class Place {
    final int[] table;
    Task task;
    int number;
    int computed;
    int[] tokens = new int[0];
    int written;
    short[] states = new short[0];
    @Nullable TokenPicker picker;
    @Nullable LoopWatch watch;
    int wantedRow;

    Place(int[] table, Task task) {
      this.table = table;
      this.task = task;
    }
  }

  private final DecoderModel model;
  private final ForwardBatch batch;
  private final PickerScratch scratch;
  private final int places;
  private final int placeTokens;
  private final int[] ends;
  private final BooleanSupplier stopped;
  private final IntConsumer progress;
  private final float[] row;

  /**
   * @param placeTokens prompt and output of one sequence at most; the model has blocks for {@code places} of these
   * @param ends tokens that end an output
   * @param stopped asked before every pass; once true, {@link CancellationException} is thrown
   * @param progress told how many tokens were written since it was last told
   */
  BatchDecoder(DecoderModel model, int places, int placeTokens, int[] ends, BooleanSupplier stopped, IntConsumer progress) {
    if ((long) places * blocks(placeTokens) > model.blocks()) {
      throw new IllegalArgumentException("%d places of %d tokens do not fit %d blocks".formatted(places, placeTokens, model.blocks()));
    }
    this.model = model;
    this.batch = model.newBatch();
    this.scratch = new PickerScratch(model.card().vocabulary(), model.weigher());
    this.places = places;
    this.placeTokens = placeTokens;
    this.ends = ends.clone();
    this.stopped = stopped;
    this.progress = progress;
    this.row = new float[model.card().hiddenSize()];
  }

  /** Blocks that a place of so many tokens needs. */
  static int blocks(int placeTokens) {
    return (placeTokens + Model.BLOCK_TOKENS - 1) / Model.BLOCK_TOKENS;
  }

  /** Does all tasks; results in their order. */
  List<Written> decode(List<Task> tasks) {
    @Nullable Written[] results = new Written[tasks.size()];
    List<Place> busy = new ArrayList<>();
    int next = 0;
    int each = blocks(placeTokens);
    while (next < tasks.size() && busy.size() < Math.min(places, batch.maxSequences())) {
      int[] table = new int[each];
      for (int b = 0; b < each; b++) table[b] = busy.size() * each + b;
      Place place = new Place(table, tasks.get(next));
      busy.add(place);
      take(place, tasks.get(next), next++);
    }
    while (!busy.isEmpty()) {
      if (stopped.getAsBoolean()) throw new CancellationException();
      LogitRows logits = pass(busy);
      int wrote = 0;
      for (int i = busy.size() - 1; i >= 0; i--) {
        Place place = busy.get(i);
        if (place.wantedRow < 0) continue;
        wrote++;
        Ending ending = write(place, logits);
        if (ending == null) continue;
        results[place.number] =
            new Written(
                Arrays.copyOfRange(place.tokens, place.task.prompt.length, place.task.prompt.length + place.written),
                place.task.states ? Arrays.copyOf(place.states, place.written * row.length) : new short[0],
                ending);
        if (next < tasks.size()) {
          take(place, tasks.get(next), next++);
        } else {
          busy.remove(i);
        }
      }
      progress.accept(wrote);
    }
    return List.of(Arrays.copyOf(results, results.length, Written[].class));
  }

  private void take(Place place, Task task, int number) {
    if (task.prompt.length + task.mostTokens > placeTokens || task.prompt.length == 0 || task.mostTokens < 1) {
      throw new IllegalArgumentException(
          "a prompt of %d and %d more tokens do not fit a place of %d".formatted(task.prompt.length, task.mostTokens, placeTokens));
    }
    place.task = task;
    place.number = number;
    place.computed = 0;
    place.tokens = Arrays.copyOf(task.prompt, task.prompt.length + task.mostTokens);
    place.written = 0;
    place.states = task.states ? new short[task.mostTokens * row.length] : new short[0];
    place.picker = new TokenPicker(task.sampling, LogitAdjustments.NONE, ends, 0, scratch);
    place.watch = task.endInCircles ? new LoopWatch() : null;
  }

  /** One pass: a row for each output in progress, and prompts in the room that is left. */
  private LogitRows pass(List<Place> busy) {
    batch.clear();
    int running = 0;
    for (Place place : busy) running += left(place) == 1 ? 1 : 0;
    int room = batch.maxRows() - running;
    for (Place place : busy) {
      int left = left(place);
      int rows = left == 1 ? 1 : Math.min(left, room);
      place.wantedRow = -1;
      if (rows == 0) continue;
      if (left > 1) room -= rows;
      int wanted = rows == left ? 1 : 0;
      int at = batch.addChain(place.table, place.table.length, place.computed, place.tokens, place.computed, rows, wanted);
      if (wanted == 1) place.wantedRow = at;
      place.computed += rows;
    }
    return model.forward(batch);
  }

  private static int left(Place place) {
    return place.task.prompt.length + place.written - place.computed;
  }

  /** Chooses the next token of a place; why its output ends, or null where it goes on. */
  private @Nullable Ending write(Place place, LogitRows logits) {
    int token = place.picker.pick(logits, place.wantedRow);
    place.picker.commit(token);
    if (place.task.states) {
      HiddenRows hidden = model.finalHidden(batch);
      hidden.copyRow(place.wantedRow, row);
      int at = place.written * row.length;
      for (int i = 0; i < row.length; i++) place.states[at + i] = Float.floatToFloat16(row[i]);
    }
    place.tokens[place.task.prompt.length + place.written++] = token;
    for (int end : ends) {
      if (token == end) return Ending.END_TOKEN;
    }
    if (place.watch != null && place.watch.add(token)) return Ending.LOOP;
    return place.written == place.task.mostTokens ? Ending.LENGTH : null;
  }
}
