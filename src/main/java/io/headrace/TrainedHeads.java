package io.headrace;

import io.headrace.decode.medusa.HeadsCard;
import io.headrace.decode.medusa.SharedHeads;
import io.headrace.model.DecoderModel;
import io.headrace.model.Model;
import io.headrace.weights.TensorFile;
import io.headrace.weights.WeightFile;
import io.headrace.weights.WeightFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where the drafting heads of a model come from: this version's own, by the model's weights, or a folder of the operator's. */
final class TrainedHeads {
  private static final String AUTO = "auto";
  private static final String NONE = "none";
  private static final String CARD = "heads.json";
  private static final String TENSORS = "heads.safetensors";

  /** Rows of a guess: so many guesses of one head the next one goes on from. */
  private static final int ROWS = 4;

  private TrainedHeads() {}

  /** Whether the model has to keep the states that heads start from. */
  static boolean wanted(ServerConfig config) {
    return !config.text(Setting.HEADS).equals(NONE);
  }

  /** The heads that the configuration wants for a model that was loaded from {@code file}, or null. */
  static @Nullable SharedHeads open(ServerConfig config, Model model, WeightFile file, Consumer<String> say) {
    String where = config.text(Setting.HEADS);
    if (where.equals(NONE) || !(model instanceof DecoderModel decoder)) return null;
    try {
      boolean own = where.equals(AUTO);
      byte[] card = own ? packed(model, CARD) : Files.readAllBytes(Path.of(where, CARD));
      if (card == null) return null;
      try (TensorFile tensors = own ? TensorFile.of(TENSORS, required(packed(model, TENSORS))) : TensorFile.open(Path.of(where, TENSORS))) {
        SharedHeads heads = open(HeadsCard.parse(card), decoder, file, tensors);
        say.accept("drafting heads: %s".formatted(own ? "this version's for the model" : where));
        return heads;
      }
    } catch (IOException | IllegalArgumentException | WeightFileException wrong) {
      throw new Problem("draft.heads (or HEADRACE_DRAFT_HEADS): %s: %s".formatted(where, wrong.getMessage()));
    }
  }

  private static SharedHeads open(HeadsCard card, DecoderModel model, WeightFile file, TensorFile tensors) {
    if (card.hidden() != model.card().hiddenSize()) {
      throw new IllegalArgumentException("made for states of %d, the model has %d".formatted(card.hidden(), model.card().hiddenSize()));
    }
    if (!card.weights().equals(model.card().weights())) {
      throw new IllegalArgumentException("trained for a model with other weights than %s".formatted(file.path().getFileName()));
    }
    return new SharedHeads(model.guessHeads(file, tensors.tensors(), card.slice(), ROWS), card, System::nanoTime);
  }

  private static byte[] required(byte @Nullable [] content) throws IOException {
    if (content == null) throw new IOException("there is no " + TENSORS + " beside the card");
    return content;
  }

  private static byte @Nullable [] packed(Model model, String name) throws IOException {
    String resource = "/io/headrace/heads/%s/%s".formatted(model.card().weights().substring(0, 16), name);
    try (InputStream in = TrainedHeads.class.getResourceAsStream(resource)) {
      return in == null ? null : in.readAllBytes();
    }
  }
}
