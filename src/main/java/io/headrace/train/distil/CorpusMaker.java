package io.headrace.train.distil;

import io.headrace.generation.Sampling;
import io.headrace.model.DecoderModel;
import io.headrace.train.AnsweredPrompt;
import io.headrace.train.Corpus;
import io.headrace.train.Corpus.Part;
import io.headrace.train.CorpusSettings;
import io.headrace.train.HeldOut;
import io.headrace.train.Split;
import io.headrace.train.distil.BatchDecoder.Task;
import io.headrace.train.distil.BatchDecoder.Written;
import io.headrace.train.distil.PromptPlan.Planned;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Fills a corpus shard by shard. What is there already is kept, so a run that was stopped is taken up by running it again; a stop
 * loses the shard in progress.
 *
 * <p>Training prompts that are held out, resemble what is held out, repeat an earlier one or are too long are left out, and counted.
 *
 * <p>Thread: plays the model's engine thread.
 */
public final class CorpusMaker {
  /** Sequences planned per shard. */
  public static final int SHARD = 256;

  /** Longest prompt, tokens with the template's. */
  public static final int MOST_PROMPT_TOKENS = 512;

  private static final int OWN_PROMPT_TOKENS = 96;

  /** Of a prompt that the model writes, characters it must at least have to count as one. */
  private static final int LEAST_OWN_PROMPT = 12;

  /**
   * How far it came.
   *
   * @param tokens answer tokens for training and calibration in the corpus
   * @param sequences of these
   * @param reportTokens answer tokens to held-out prompts
   * @param leftOut training prompts of this run that were not used
   * @param complete whether there are as many tokens as were asked for
   */
  public record Outcome(long tokens, int sequences, long reportTokens, int leftOut, boolean complete) {}

  private final Corpus corpus;
  private final int shardSize;
  private final ChatForm form;
  private final BatchDecoder decoder;
  private final List<PromptFile> prompts;
  private final List<PromptFile> heldOut;
  private final HeldOut filter;
  private final Consumer<String> say;
  private final Set<List<Integer>> known = new HashSet<>();
  private long tokens;
  private int sequences;
  private long reportTokens;
  private int leftOut;

  /**
   * @param corpus begun with {@link #settings} of these very files
   * @param model loaded with the tap after the final norm and {@link #blocks} blocks
   * @param batch sequences in work at once
   * @param stopped asked before every pass
   * @param say told a line per shard
   * @param wrote told how many tokens were written since it was last told
   */
  public CorpusMaker(
      Corpus corpus,
      DecoderModel model,
      ChatForm form,
      List<PromptFile> prompts,
      List<PromptFile> heldOut,
      int batch,
      BooleanSupplier stopped,
      Consumer<String> say,
      IntConsumer wrote) {
    this(corpus, model, form, prompts, heldOut, batch, SHARD, stopped, say, wrote);
  }

  /** One that plans {@code shardSize} sequences per shard: another corpus, for tests. */
  CorpusMaker(
      Corpus corpus,
      DecoderModel model,
      ChatForm form,
      List<PromptFile> prompts,
      List<PromptFile> heldOut,
      int batch,
      int shardSize,
      BooleanSupplier stopped,
      Consumer<String> say,
      IntConsumer wrote) {
    this.corpus = corpus;
    this.shardSize = shardSize;
    this.form = form;
    this.prompts = prompts;
    this.heldOut = heldOut;
    this.filter = new HeldOut(heldOut.stream().flatMap(file -> file.prompts().stream()).toList());
    this.say = say;
    this.decoder = new BatchDecoder(model, batch, placeTokens(corpus.settings().answerTokens()), form.ends(), stopped, wrote);
  }

  /** Blocks of keys and values that a batch needs. */
  public static int blocks(int batch, int answerTokens) {
    return batch * BatchDecoder.blocks(placeTokens(answerTokens));
  }

  private static int placeTokens(int answerTokens) {
    return MOST_PROMPT_TOKENS + Math.max(answerTokens, OWN_PROMPT_TOKENS);
  }

  /**
   * Writes shards until the corpus has {@code most} tokens for training and calibration, or is stopped.
   *
   * @param enough asked between shards; true ends this run early
   */
  public Outcome run(long most, BooleanSupplier enough) throws IOException {
    List<Corpus.Shard> report = corpus.shards(Part.REPORT);
    List<Corpus.Shard> train = corpus.shards(Part.TRAIN);
    for (Corpus.Shard shard : report) reportTokens += shard.rows();
    for (Corpus.Shard shard : train) count(shard.rows(), shard.sequences());
    boolean exhausted = false;
    try {
      report(report.size(), enough);
      PromptPlan plan = new PromptPlan(corpus.settings(), prompts);
      for (Corpus.Shard _ : train) plan.next(shardSize);
      for (int number = train.size(); tokens < most && !exhausted && !enough.getAsBoolean(); number++) {
        List<Planned> planned = plan.next(shardSize);
        exhausted = planned.isEmpty();
        if (!exhausted) train(number, planned);
      }
    } catch (CancellationException stop) {
      say.accept("stopped; the shard in progress is lost, all others stay");
    }
    return new Outcome(tokens, sequences, reportTokens, leftOut, tokens >= most || exhausted);
  }

  private void count(int rows, List<AnsweredPrompt> answered) {
    tokens += rows;
    sequences += answered.size();
    for (AnsweredPrompt each : answered) known.add(boxed(each.prompt()));
  }

  /** Greedy answers to what is held out, circles and all, for they are what a server answers. */
  private void report(int done, BooleanSupplier enough) throws IOException {
    List<Planned> all = new ArrayList<>();
    for (int source = 0; source < heldOut.size(); source++) {
      for (String text : heldOut.get(source).prompts()) all.add(new Planned(all.size(), Split.REPORT, source, text, 0, false));
    }
    for (int number = done; number * shardSize < all.size() && !enough.getAsBoolean(); number++) {
      List<Planned> planned = new ArrayList<>();
      List<int[]> asked = new ArrayList<>();
      for (Planned each : all.subList(number * shardSize, Math.min(all.size(), (number + 1) * shardSize))) {
        int[] ids = form.asked(String.valueOf(each.text()));
        if (ids.length > MOST_PROMPT_TOKENS) continue;
        planned.add(each);
        asked.add(ids);
      }
      reportTokens += answer(Part.REPORT, number, planned, asked).stream().mapToInt(a -> a.answer().length).sum();
      say.accept("held-out prompts: %d answered, %d tokens".formatted(planned.size(), reportTokens));
    }
  }

  private void train(int number, List<Planned> planned) throws IOException {
    List<String> texts = texts(planned);
    List<Planned> kept = new ArrayList<>();
    List<int[]> asked = new ArrayList<>();
    for (int i = 0; i < planned.size(); i++) {
      String text = texts.get(i);
      boolean fits = planned.get(i).text() != null || text.length() >= LEAST_OWN_PROMPT;
      int[] ids = fits && !filter.covers(text) ? form.asked(text) : new int[0];
      if (ids.length == 0 || ids.length > MOST_PROMPT_TOKENS || !known.add(boxed(ids))) {
        leftOut++;
        continue;
      }
      kept.add(planned.get(i));
      asked.add(ids);
    }
    List<AnsweredPrompt> answered = answer(Part.TRAIN, number, kept, asked);
    int rows = answered.stream().mapToInt(a -> a.answer().length).sum();
    tokens += rows;
    sequences += answered.size();
    say.accept("shard %d: %d sequences, %d tokens; %d tokens in all".formatted(number, answered.size(), rows, tokens));
  }

  /** The prompts' texts; the model writes those that are not given. */
  private List<String> texts(List<Planned> planned) {
    List<Task> tasks = new ArrayList<>();
    int[] opened = planned.stream().anyMatch(each -> each.text() == null) ? form.opened() : new int[0];
    for (Planned each : planned) {
      if (each.text() != null) continue;
      tasks.add(new Task(opened, new Sampling.Random(1f, 0, 1f, 0.02f, PromptPlan.mix(each.seed() + 4)), OWN_PROMPT_TOKENS, false, true));
    }
    var written = decoder.decode(tasks).iterator();
    List<String> texts = new ArrayList<>();
    for (Planned each : planned) texts.add(each.text() != null ? each.text() : ownText(written.next()));
    return texts;
  }

  /** Only a prompt that the model ended itself is one; another was cut off in the middle. */
  private String ownText(Written written) {
    return written.ending() == AnsweredPrompt.Ending.END_TOKEN ? form.text(written.tokens()) : "";
  }

  private List<AnsweredPrompt> answer(Part part, int number, List<Planned> planned, List<int[]> asked) throws IOException {
    CorpusSettings settings = corpus.settings();
    List<Task> tasks = new ArrayList<>();
    for (int i = 0; i < planned.size(); i++) {
      Planned each = planned.get(i);
      Sampling sampling =
          each.sampled()
              ? new Sampling.Random((float) settings.temperature(), 0, 1f, 0f, PromptPlan.mix(each.seed() + 5))
              : new Sampling.Greedy();
      tasks.add(new Task(asked.get(i), sampling, settings.answerTokens(), true, part == Part.TRAIN));
    }
    List<Written> written = decoder.decode(tasks);
    List<AnsweredPrompt> answered = new ArrayList<>();
    List<short[]> states = new ArrayList<>();
    for (int i = 0; i < planned.size(); i++) {
      Planned each = planned.get(i);
      float temperature = each.sampled() ? (float) settings.temperature() : 0f;
      answered.add(
          new AnsweredPrompt(each.index(), each.split(), each.source(), temperature, written.get(i).ending(), asked.get(i), written.get(i).tokens()));
      states.add(written.get(i).states());
    }
    corpus.write(part, number, answered, states);
    return answered;
  }

  private static List<Integer> boxed(int[] ids) {
    List<Integer> list = new ArrayList<>(ids.length);
    for (int id : ids) list.add(id);
    return List.copyOf(list);
  }
}
