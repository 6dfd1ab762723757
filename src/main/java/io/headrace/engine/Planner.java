package io.headrace.engine;

import io.headrace.decode.ModelRows;
import io.headrace.kv.BlockPool;
import io.headrace.model.Model;
import io.headrace.schedule.Candidate;
import io.headrace.schedule.PassCost;
import io.headrace.schedule.Phase;
import io.headrace.schedule.Scheduler;
import io.headrace.schedule.SchedulingPolicy;
import io.headrace.schedule.StepLimits;
import io.headrace.schedule.StepPlan;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Shows the scheduler what it needs to know of the sequences and the model. Changes nothing of
 * them; remembers what steps cost.
 *
 * <p>Thread: engine thread.
 */
final class Planner {
  /** Rows of prompts that a step takes on however slow it gets; one page of keys and values. */
  private static final int LEAST_PREFILL = 16;

  private final EngineOptions options;
  private final BlockPool pool;
  private final SequenceTable sequences;
  private final Scheduler scheduler;

  /** By the mask of the models that sequences decode with: each runs at its own pace. */
  private final @Nullable PassCost[] costs = new PassCost[1 << ModelRows.MOST];

  private final DraftTerms terms = new DraftTerms();
  private final int mostTokens;
  private final int contextLength;
  private final int maxTreeNodes;

  /** What the turns of a step add up to. */
  private int decoding;

  private int models;
  private int drafted;
  private int yielded;
  private long drafting;
  private int prompts;
  private int context;
  private final List<Candidate> running = new ArrayList<>();
  private final IntFunction<Candidate> waiting = this::newcomer;

  Planner(
      Model model,
      EngineOptions options,
      SchedulingPolicy policy,
      BlockPool pool,
      Passes passes,
      SequenceTable sequences) {
    this.options = options;
    this.pool = pool;
    this.sequences = sequences;
    contextLength = model.card().contextLength();
    int together = Math.min(options.maxRunning(), passes.maxSequences());
    together = Math.min(together, Math.min(passes.maxRows(), passes.maxWanted()));
    mostTokens = Math.min(options.stepTokens(), passes.maxRows());
    scheduler =
        new Scheduler(
            policy,
            new StepLimits(
                mostTokens,
                together,
                passes.maxWanted(),
                pool.blockTokens(),
                (int) Math.ceil(options.admissionReserve() * pool.blocks())));
    maxTreeNodes = Math.min(options.maxTreeNodes(), passes.maxTreeNodes());
  }

  /** What the next step does; {@code admit} is false right after a preemption. */
  StepPlan plan(boolean admit) {
    running.clear();
    int decoding = 0;
    int models = 0;
    for (int i = 0; i < sequences.running().size(); i++) {
      Sequence sequence = sequences.running().get(i);
      if (sequence.decodes()) {
        decoding++;
        models |= sequence.wanted();
      }
      running.add(candidate(sequence));
    }
    int prefill = cost(models).prefillRows(decoding, options.streamStretch(), LEAST_PREFILL, mostTokens);
    return scheduler.plan(
        running, sequences.waiting().size(), waiting, pool.available(), prefill, admit);
  }

  /** On what terms this step takes drafts. */
  DraftTerms terms(List<Turn> turns) {
    count(turns);
    terms.begin(cost(models), decoding, context, prompts);
    return terms;
  }

  /**
   * The step of {@code turns} took {@code nanos}. What drafting took of that is no price of rows: drafters say it of their offers.
   *
   * @return nanoseconds that it would have taken without drafts; 0 where that is not known or
   *     prompts were computed beside
   */
  long measured(List<Turn> turns, long nanos) {
    count(turns);
    PassCost cost = cost(models);
    double plain = decoding > 0 && prompts == 0 ? cost.nanos(decoding, decoding, context) : 0;
    if (plain > 0) {
      double time = (cost.nanos(decoding, decoding + drafted, context) + terms.draft().nanos()) / plain;
      cost.budget().measured(decoding, terms.draft().active(), (double) yielded / decoding, time);
    }
    cost.measured(decoding, drafted, context, prompts, Math.max(1, nanos - drafting));
    return Double.isNaN(plain) ? 0 : (long) plain;
  }

  private void count(List<Turn> turns) {
    decoding = 0;
    drafted = 0;
    yielded = 0;
    drafting = 0;
    prompts = 0;
    models = 0;
    long computed = 0;
    for (int i = 0; i < turns.size(); i++) {
      Turn turn = turns.get(i);
      if (turn.decodes()) {
        decoding++;
        models |= turn.models();
        drafted += turn.drafted();
        yielded += turn.outputs();
        drafting += turn.draftNanos();
        computed += turn.sequence.computed();
      } else {
        prompts += turn.rows();
      }
    }
    context = decoding == 0 ? 0 : (int) (computed / decoding);
  }

  /** What steps cost in which sequences decode with the models of a mask, 0 where none decodes. */
  private PassCost cost(int models) {
    int decoders = models == 0 ? ModelRows.only(ModelRows.TARGET) : models;
    PassCost cost = costs[decoders];
    if (cost == null) costs[decoders] = cost = new PassCost();
    return cost;
  }

  private Candidate candidate(Sequence sequence) {
    boolean decodes = sequence.decodes();
    return sequence.candidate.set(
        decodes ? Phase.DECODE : Phase.PREFILL,
        decodes ? treeNodes(sequence) : Math.min(options.prefillChunk(), sequence.pending()),
        sequence.pending(),
        sequence.computed(),
        Objects.requireNonNull(sequence.table).size(),
        0,
        sequence.scoring());
  }

  /**
   * Nodes worth testing: a tree must fit into the window, and where one token is left to yield a
   * draft is for nothing.
   */
  private int treeNodes(Sequence sequence) {
    if (sequence.limit - sequence.size() <= 1) return 1;
    int room = contextLength - sequence.computed();
    return Math.max(1, Math.min(Math.min(maxTreeNodes, sequence.mostNodes), room));
  }

  private Candidate newcomer(int index) {
    Sequence sequence = sequences.waiting().get(index);
    BlockPool.PrefixMatch found =
        options.prefixCache()
            ? pool.match(sequence.namespace, sequence.tokens(), sequence.reusable(), sequence.wanted())
            : BlockPool.PrefixMatch.NONE;
    int computed = found.ready() * pool.blockTokens();
    int pending = sequence.size() - computed;
    Candidate candidate =
        sequence.candidate.set(
            Phase.PREFILL,
            Math.min(options.prefillChunk(), pending),
            pending,
            computed,
            found.blocks(),
            found.idle(),
            sequence.scoring());
    return options.prefixCache() && worthWaiting(index, found.blocks() * pool.blockTokens()) ? candidate.defer() : candidate;
  }

  /**
   * Whether most of what a newcomer lacks is about to be computed for one that came before it: the
   * choices of one call have equal prompts, and requests to one assistant begin alike. It is admitted
   * when the blocks are there to be shared.
   */
  private boolean worthWaiting(int index, int found) {
    Sequence newcomer = sequences.waiting().get(index);
    int worth = Math.max(pool.blockTokens(), (newcomer.size() - found) / 2);
    for (int i = 0; i < sequences.running().size(); i++) {
      Sequence other = sequences.running().get(i);
      if (!other.decodes() && shared(other, newcomer) - found >= worth) return true;
    }
    for (int i = 0; i < index; i++) {
      if (shared(sequences.waiting().get(i), newcomer) - found >= worth) return true;
    }
    return false;
  }

  /** Tokens in whole blocks that {@code newcomer} could take from {@code other} once it is computed. */
  private int shared(Sequence other, Sequence newcomer) {
    if (other.namespace != newcomer.namespace || (newcomer.wanted() & ~other.wanted()) != 0) return 0;
    int most = Math.min(other.size(), newcomer.reusable());
    int differ = Arrays.mismatch(other.tokens(), 0, most, newcomer.tokens(), 0, most);
    return (differ < 0 ? most : differ) / pool.blockTokens() * pool.blockTokens();
  }
}
