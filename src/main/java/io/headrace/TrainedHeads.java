package io.headrace;

import io.headrace.decode.UnavailableDecoding;
import io.headrace.decode.medusa.HeadsCard;
import io.headrace.decode.medusa.SharedHeads;
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
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The drafting heads of a model: this version's own, by the model's weights, or a folder of the operator's. They are read and packed for
 * the first that asks for them; what does not fit in a folder of the operator's is found at start.
 *
 * <p>Thread: any; {@link #close} when nobody asks any more.
 */
final class TrainedHeads implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TrainedHeads.class.getName());
  private static final String AUTO = "auto";
  private static final String NONE = "none";
  private static final String CARD = "heads.json";
  private static final String TENSORS = "heads.safetensors";

  /** Rows of a guess: so many guesses of one head the next one goes on from. */
  private static final int ROWS = 4;

  private final String where;
  private final DecoderModel model;
  private final Path weights;
  private @Nullable SharedHeads opened; // guarded by this
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
    say.accept("drafting heads: %s, read when they are first asked for".formatted(where.equals(AUTO) ? "this version's for the model" : where));
    return heads;
  }

  private void check(WeightFile file) {
    try {
      HeadsCard card = card();
      try (TensorFile tensors = tensors()) {
        card.check(model.checkHeads(file, tensors.tensors(), card.slice()));
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
    if (opened != null) return opened;
    if (failed != null) throw new UnavailableDecoding(failed);
    try (WeightFile file = WeightFile.open(weights);
        TensorFile tensors = tensors()) {
      HeadsCard card = card();
      GuessHeads guesses = model.guessHeads(file, tensors.tensors(), card.slice(), ROWS, DraftRounding.COMPACT);
      try {
        opened = new SharedHeads(guesses, card, System::nanoTime);
      } catch (IllegalArgumentException wrong) {
        guesses.close();
        throw wrong;
      }
      bytes = guesses.weightBytes();
      return opened;
    } catch (IOException | IllegalArgumentException | WeightFileException | KernelFault wrong) {
      failed = "the drafting heads cannot be read: %s; choose plain or ngram".formatted(wrong.getMessage());
      LOG.log(Level.WARNING, failed);
      throw new UnavailableDecoding(failed);
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

  private TensorFile tensors() throws IOException {
    return where.equals(AUTO) ? TensorFile.of(TENSORS, content(TENSORS)) : TensorFile.open(Path.of(where, TENSORS));
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
    if (opened != null) opened.close();
    opened = null;
    failed = "the server is stopping";
  }
}
