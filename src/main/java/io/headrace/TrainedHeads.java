package io.headrace;

import io.headrace.decode.UnavailableDecoding;
import io.headrace.decode.medusa.HeadsCard;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.decode.specdec.ChainJudge;
import io.headrace.decode.specdec.StopCard;
import io.headrace.model.DecoderModel;
import io.headrace.model.DraftRounding;
import io.headrace.model.GuessHeads;
import io.headrace.model.Model;
import io.headrace.tensor.KernelFault;
import io.headrace.weights.TensorFile;
import io.headrace.weights.WeightFile;
import io.headrace.weights.WeightFileException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The drafting heads of a model and, where one was trained, the head that says when to stop drafting: this version's own, by the model's
 * weights, or a folder of the operator's. They are read and packed for the first that asks for them; what does not fit in a folder of the
 * operator's is found at start.
 *
 * <p>Thread: any; {@link #close} when nobody asks any more.
 */
final class TrainedHeads implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TrainedHeads.class.getName());
  private static final String AUTO = "auto";
  private static final String NONE = "none";
  private static final String CARD = "heads.json";
  private static final String TENSORS = "heads.safetensors";
  private static final String JUDGE_CARD = "acceptance.json";
  private static final String JUDGE_TENSORS = "acceptance.safetensors";

  /** Rows of a guess: for so many sequences, or from so many guesses of the head before, it is made at once. */
  private static final int ROWS = 16;

  private final String where;
  private final DecoderModel model;
  private final Path weights;
  private final AtomicBoolean reading = new AtomicBoolean();
  private volatile @Nullable SharedHeads opened; // written under this
  private @Nullable ChainJudge judge; // guarded by this; opened with the heads
  private @Nullable String failed; // guarded by this
  private volatile long bytes;

  private TrainedHeads(String where, DecoderModel model, Path weights) {
    this.where = where;
    this.model = model;
    this.weights = weights;
  }

  /** Whether the model has to keep the states that heads start from. */
  static boolean wanted(ServerConfig config) {
    return !config.text(Setting.HEADS).equals(NONE);
  }

  /** The heads that the configuration wants for a model that was loaded from {@code file}, or null. */
  static @Nullable TrainedHeads find(ServerConfig config, Model model, WeightFile file, Consumer<String> say) {
    String where = config.text(Setting.HEADS);
    if (where.equals(NONE) || !(model instanceof DecoderModel decoder)) return null;
    TrainedHeads heads = new TrainedHeads(where, decoder, file.path());
    if (where.equals(AUTO)) {
      if (TrainedHeads.class.getResource(heads.resource(CARD)) == null) return null;
    } else {
      heads.check(file);
    }
    say.accept(
        "drafting heads: %s, read when they are first asked for; specdec stops by %s"
            .formatted(where.equals(AUTO) ? "this version's for the model" : where, heads.has(JUDGE_CARD) ? "their acceptance head" : "their confidences, for want of an acceptance head"));
    return heads;
  }

  private void check(WeightFile file) {
    try {
      HeadsCard card = card();
      try (TensorFile tensors = tensors(TENSORS)) {
        card.check(model.checkHeads(file, tensors.tensors(), card.slice()));
      }
      if (stops() == null) return;
      try (TensorFile tensors = tensors(JUDGE_TENSORS)) {
        model.acceptanceHead(tensors.tensors(), StopCard.FEATURES.size()).close();
      }
    } catch (IOException | IllegalArgumentException | WeightFileException wrong) {
      throw new Problem("draft.heads (or HEADRACE_DRAFT_HEADS): %s: %s".formatted(where, wrong.getMessage()));
    }
  }

  /**
   * The heads, read now if nobody asked before.
   *
   * @throws UnavailableDecoding if they cannot be read, or could not before
   */
  synchronized SharedHeads open() {
    SharedHeads there = opened;
    if (there != null) return there;
    if (failed != null) throw new UnavailableDecoding(failed);
    try (WeightFile file = WeightFile.open(weights);
        TensorFile tensors = tensors(TENSORS)) {
      HeadsCard card = card();
      GuessHeads guesses = model.guessHeads(file, tensors.tensors(), card.slice(), ROWS, DraftRounding.COMPACT);
      try {
        SharedHeads heads = new SharedHeads(guesses, card, System::nanoTime);
        judge = openJudge();
        bytes = guesses.weightBytes();
        opened = heads;
        return heads;
      } catch (IOException | RuntimeException wrong) {
        guesses.close();
        throw wrong;
      }
    } catch (IOException | IllegalArgumentException | WeightFileException | KernelFault wrong) {
      failed = "the drafting heads cannot be read: %s; choose plain or ngram".formatted(wrong.getMessage());
      LOG.log(Level.WARNING, failed);
      throw new UnavailableDecoding(failed);
    }
  }

  /** The heads if they are in memory, else null; then they are read from now on, on a thread of their own, for those that ask later. */
  @Nullable SharedHeads ready() {
    SharedHeads there = opened;
    if (there == null && reading.compareAndSet(false, true)) {
      Thread.ofPlatform().daemon().name("headrace-heads").start(this::openAside);
    }
    return there;
  }

  private void openAside() {
    try {
      open();
    } catch (UnavailableDecoding _) {
      // Said in the log; who needs them is told.
    }
  }

  /** The head that judges the opened heads' guesses; null if there is none. */
  synchronized @Nullable ChainJudge judge() {
    return judge;
  }

  private @Nullable ChainJudge openJudge() throws IOException {
    StopCard stops = stops();
    if (stops == null) return null;
    try (TensorFile tensors = tensors(JUDGE_TENSORS)) {
      return new ChainJudge(model.acceptanceHead(tensors.tensors(), StopCard.FEATURES.size()), stops, System::nanoTime);
    }
  }

  private @Nullable StopCard stops() throws IOException {
    if (!has(JUDGE_CARD)) return null;
    StopCard card = StopCard.parse(content(JUDGE_CARD));
    if (card.heads().equals(sha256(content(CARD)))) return card;
    throw new IllegalArgumentException(JUDGE_CARD + " was made for other heads than these; run './headrace train acceptance' on this folder, or remove it");
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }

  /** Bytes of their matrices in memory; 0 while nobody asked for them. */
  long bytes() {
    return bytes;
  }

  private HeadsCard card() throws IOException {
    HeadsCard card = HeadsCard.parse(content(CARD));
    if (card.hidden() != model.card().hiddenSize()) {
      throw new IllegalArgumentException("made for states of %d, the model has %d".formatted(card.hidden(), model.card().hiddenSize()));
    }
    if (!card.weights().equals(model.card().weights())) {
      throw new IllegalArgumentException("trained for a model with other weights than %s".formatted(weights.getFileName()));
    }
    return card;
  }

  private TensorFile tensors(String name) throws IOException {
    return where.equals(AUTO) ? TensorFile.of(name, content(name)) : TensorFile.open(Path.of(where, name));
  }

  private boolean has(String name) {
    return where.equals(AUTO) ? TrainedHeads.class.getResource(resource(name)) != null : Files.exists(Path.of(where, name));
  }

  private byte[] content(String name) throws IOException {
    if (!where.equals(AUTO)) return Files.readAllBytes(Path.of(where, name));
    try (InputStream in = TrainedHeads.class.getResourceAsStream(resource(name))) {
      if (in == null) throw new IOException("there is no " + name + " beside the card");
      return in.readAllBytes();
    }
  }

  private String resource(String name) {
    return "/io/headrace/heads/%s/%s".formatted(model.card().weights().substring(0, 16), name);
  }

  @Override
  public synchronized void close() {
    if (judge != null) judge.close();
    SharedHeads there = opened;
    if (there != null) there.close();
    judge = null;
    opened = null;
    failed = "the server is stopping";
  }
}
