package io.headrace.intake;

import io.headrace.engine.EngineRefusal;
import io.headrace.engine.Outbox;
import io.headrace.generation.DecodingChoice;
import io.headrace.generation.Failure;
import io.headrace.generation.FinishReason;
import io.headrace.generation.GenerationEvent;
import io.headrace.generation.GenerationRequest;
import io.headrace.generation.LogitAdjustments;
import io.headrace.generation.RequestId;
import io.headrace.generation.Sampling;
import io.headrace.generation.StopRule;
import io.headrace.generation.Timings;
import io.headrace.generation.TokenCounts;
import io.headrace.generation.TokenIds;
import io.headrace.generation.TokenLogprobs;
import io.headrace.intake.cascade.Judge;
import io.headrace.intake.cascade.Reply;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An output that a small model gives first, whole and unseen; a judge scores it, and where the score is too low the target gives the output.
 * Every part is a request of its own to the engine; the next one is sent by who reads the pieces. Nothing is told before the score is
 * known.
 *
 * <p>What cannot be asked or answered of a judge's questions counts as no evidence. Where the queue is full in between, the part waits.
 *
 * <p>Thread: one reader; {@link #cancel} from any.
 */
final class CascadeChoice implements LiveChoice {
  /** Between two tries to get into a full queue. */
  private static final Duration PAUSE = Duration.ofMillis(20);

  /** A judge's question is answered by the first token alone. */
  private static final StopRule ONE_TOKEN = new StopRule(List.of(), Set.of(), true, 0, false);

  private final GenerationRequest request;
  private final DecodingChoice.Cascade cascade;
  private final Judge judge;
  private final String question;
  private final Desk desk;
  private final long began = System.nanoTime();

  private final TextChoice small;
  private final List<GenerationPiece> answer = new ArrayList<>();
  private GenerationPiece.@Nullable End smallEnd;
  private Judge.@Nullable Exchange exchange;
  private final Queue<TokenIds> unasked = new ArrayDeque<>();
  private final Queue<Outbox> asked = new ArrayDeque<>();
  private final List<Reply> replies = new ArrayList<>();

  /** The place among the replies of each question on its way. */
  private final Queue<Integer> places = new ArrayDeque<>();

  private final Queue<Integer> askedPlaces = new ArrayDeque<>();
  private @Nullable CascadeRecord record;
  private @Nullable TextChoice target;
  private final Queue<GenerationPiece> ready = new ArrayDeque<>();

  private final HeardAlong along = new HeardAlong();

  private final Object cancelling = new Object();
  private boolean cancelled;
  private final List<RequestId> sent = new ArrayList<>();

  /** What a cascade needs of the desk. */
  interface Desk {
    /** As the engine's. */
    Outbox submit(GenerationRequest request);

    void cancel(RequestId id);

    TextChoice text(GenerationRequest request, Outbox outbox);

    String tokenText(int token);

    /** The tokens of a question to a model, or null if it is too long for one token to follow. */
    @Nullable TokenIds ask(String question);

    void count(boolean kept, int questions);
  }

  /**
   * Sends the small model's part.
   *
   * @param question the user's words
   * @throws EngineRefusal if it is refused
   */
  CascadeChoice(GenerationRequest request, DecodingChoice.Cascade cascade, Judge judge, String question, Desk desk) {
    this.request = request;
    this.cascade = cascade;
    this.judge = judge;
    this.question = question;
    this.desk = desk;
    GenerationRequest first =
        part(request, "small", Math.max(request.logprobs(), judge.alternatives()), cascade.first());
    small = desk.text(first, desk.submit(first));
    sent.add(first.id());
  }

  @Override
  public TokenIds prompt() {
    return request.prompt();
  }

  /** Ends whatever part runs, and sends no other. */
  void cancel() {
    List<RequestId> all;
    synchronized (cancelling) {
      cancelled = true;
      all = List.copyOf(sent);
    }
    all.forEach(desk::cancel);
  }

  @Override
  public @Nullable GenerationPiece next(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (ready.isEmpty()) {
      Duration left = Duration.ofNanos(Math.max(0, end - System.nanoTime()));
      boolean went;
      if (smallEnd == null) went = hearSmall(left);
      else if (record == null) went = hearJudge(left);
      else went = hearTarget(left);
      if (!went && System.nanoTime() >= end) return null;
    }
    return ready.remove();
  }

  @Override
  public @Nullable GenerationPiece poll() {
    return along.poll();
  }

  @Override
  public void listen(boolean every, Runnable hook) {
    along.start(this::next, every, hook);
  }

  private boolean hearSmall(Duration patience) throws InterruptedException {
    GenerationPiece piece = small.next(patience);
    switch (piece) {
      case null -> {
        return false;
      }
      case GenerationPiece.End end when end.reason() instanceof FinishReason.Cancelled -> ready.add(end);
      case GenerationPiece.End end -> {
        smallEnd = end;
        prepare();
      }
      case GenerationPiece.Fault fault -> ready.add(fault);
      case GenerationPiece.Text _, GenerationPiece.PromptScored _ -> answer.add(piece);
    }
    return true;
  }

  private void prepare() {
    StringBuilder text = new StringBuilder();
    List<Judge.Token> tokens = new ArrayList<>();
    for (GenerationPiece piece : answer) {
      if (!(piece instanceof GenerationPiece.Text(String part, List<TokenDetail> details))) continue;
      text.append(part);
      for (TokenDetail token : details) {
        tokens.add(new Judge.Token(token.logprob(), token.top().stream().map(other -> (double) other.logprob()).toList()));
      }
    }
    exchange = new Judge.Exchange(question, text.toString(), tokens);
    for (String asking : judge.questions(exchange)) {
      TokenIds ids = desk.ask(asking);
      if (ids != null) {
        unasked.add(ids);
        places.add(replies.size());
      }
      replies.add(Reply.NONE);
    }
  }

  /** Asks what is not asked yet, hears one reply, and decides after the last. */
  private boolean hearJudge(Duration patience) throws InterruptedException {
    while (!unasked.isEmpty()) {
      GenerationRequest next = question(unasked.element(), replies.size() - unasked.size());
      Outbox outbox = send(next);
      if (outbox == null) {
        if (!ready.isEmpty()) return true;
        if (!asked.isEmpty()) break;
        return pause(patience);
      }
      unasked.remove();
      asked.add(outbox);
      askedPlaces.add(places.remove());
    }
    if (asked.isEmpty()) {
      decide();
      return true;
    }
    GenerationEvent event = asked.element().poll(patience);
    switch (event) {
      case null -> {
        return false;
      }
      case GenerationEvent.Committed committed when !committed.logprobs().isEmpty() ->
          replies.set(askedPlaces.element(), reply(committed.logprobs().getFirst()));
      case GenerationEvent.Finished _, GenerationEvent.Failed _ -> {
        asked.remove();
        askedPlaces.remove();
      }
      case GenerationEvent.Committed _, GenerationEvent.Started _, GenerationEvent.PromptScored _ -> {}
    }
    return true;
  }

  private Reply reply(TokenLogprobs first) {
    return new Reply(first.top().stream().map(other -> new Reply.Beginning(desk.tokenText(other.token()), other.logprob())).toList());
  }

  private void decide() {
    if (isCancelled()) {
      ready.add(cancelledEnd());
      return;
    }
    GenerationPiece.End end = Objects.requireNonNull(smallEnd);
    double score = judge.score(Objects.requireNonNull(exchange), replies);
    boolean keeps = cascade.keeps(score);
    record =
        new CascadeRecord(
            keeps ? cascade.small() : CascadeRecord.TARGET, cascade.judge(), score, cascade.threshold(), end.counts().generated(), replies.size());
    desk.count(keeps, replies.size());
    if (!keeps) return;
    for (GenerationPiece piece : answer) ready.add(asAskedFor(piece));
    ready.add(new GenerationPiece.End(end.reason(), end.counts(), end.timings(), record));
  }

  /** Without the log-probabilities that only the judge wanted. */
  private GenerationPiece asAskedFor(GenerationPiece piece) {
    int most = Math.max(0, request.logprobs());
    if (!(piece instanceof GenerationPiece.Text(String text, List<TokenDetail> tokens))) return piece;
    return new GenerationPiece.Text(
        text, tokens.stream().map(token -> token.top().size() <= most ? token : token.withTop(token.top().subList(0, most))).toList());
  }

  private boolean hearTarget(Duration patience) throws InterruptedException {
    if (target == null) {
      GenerationRequest last = part(request, "target", request.logprobs(), new DecodingChoice.Plain());
      Outbox outbox = send(last);
      if (outbox == null) return !ready.isEmpty() || pause(patience);
      target = desk.text(last, outbox);
    }
    GenerationPiece piece = target.next(patience);
    if (piece == null) return false;
    ready.add(
        piece instanceof GenerationPiece.End end
            ? new GenerationPiece.End(end.reason(), end.counts(), together(end), record)
            : piece);
    return true;
  }

  /** Where the time went, the small model's part included: the first token came after all of it. */
  private Timings together(GenerationPiece.End last) {
    Timings first = Objects.requireNonNull(smallEnd).timings();
    Timings timings = last.timings();
    long whole = System.nanoTime() - began;
    return timings.after(first, Math.max(timings.prefill(), whole - first.queued() - timings.decode()), CascadeRecord.TARGET, last.counts().generated());
  }

  /** Sends a part; null if the queue is full or nothing is to be sent any more, which {@link #ready} tells then. */
  private @Nullable Outbox send(GenerationRequest part) {
    synchronized (cancelling) {
      if (cancelled) {
        ready.add(cancelledEnd());
        return null;
      }
      try {
        Outbox outbox = desk.submit(part);
        sent.add(part.id());
        return outbox;
      } catch (EngineRefusal refusal) {
        if (refusal.reason() != EngineRefusal.Reason.FULL) ready.add(new GenerationPiece.Fault(new Failure.ShuttingDown(refusal.getMessage())));
        return null;
      }
    }
  }

  private boolean isCancelled() {
    synchronized (cancelling) {
      return cancelled;
    }
  }

  private GenerationPiece.End cancelledEnd() {
    GenerationPiece.End end = Objects.requireNonNull(smallEnd);
    return new GenerationPiece.End(new FinishReason.Cancelled(), new TokenCounts(end.counts().prompt(), end.counts().cached(), 0), end.timings());
  }

  private static boolean pause(Duration patience) throws InterruptedException {
    Thread.sleep(patience.compareTo(PAUSE) < 0 ? patience : PAUSE);
    return false;
  }

  private GenerationRequest question(TokenIds prompt, int number) {
    return new GenerationRequest(
        new RequestId("%s/judge/%d".formatted(request.id().value(), number)),
        prompt,
        1,
        new Sampling.Greedy(),
        LogitAdjustments.NONE,
        ONE_TOKEN,
        GenerationRequest.MAX_LOGPROBS,
        -1,
        cascade.first(),
        request.cacheSalt());
  }

  private static GenerationRequest part(GenerationRequest whole, String name, int logprobs, DecodingChoice decoding) {
    return new GenerationRequest(
        new RequestId(whole.id().value() + "/" + name),
        whole.prompt(),
        whole.maxNewTokens(),
        whole.sampling(),
        whole.adjustments(),
        whole.stop(),
        logprobs,
        whole.promptLogprobs(),
        decoding,
        whole.cacheSalt());
  }
}
