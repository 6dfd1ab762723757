package io.headrace.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A folder with a model's own answers: {@code corpus.json} with its settings, the model's token vectors in {@code
 * vectors.safetensors}, and shards of token ids and of states, numbered without gaps: {@code report-00000} and on, {@code
 * train-00000} and on.
 *
 * <p>Thread: one.
 */
public final class Corpus {
  /** Token vectors: tensor {@code embedding}, and {@code output} where the model has a matrix of its own for that; float32. */
  public static final String VECTORS = "vectors.safetensors";

  private static final String SETTINGS = "corpus.json";

  /** The numbered shards of one kind. */
  public enum Part {
    /** Answers to held-out prompts. */
    REPORT,
    /** Everything else. */
    TRAIN;

    String shard(int number) {
      return "%s-%05d".formatted(this == REPORT ? "report" : "train", number);
    }
  }

  /**
   * One shard.
   *
   * @param states file of {@code rows} rows of binary16 values
   * @param rows answer tokens of all sequences
   */
  public record Shard(Part part, int number, Path states, int rows, List<AnsweredPrompt> sequences) {}

  private final Path folder;
  private final CorpusSettings settings;

  private Corpus(Path folder, CorpusSettings settings) {
    this.folder = folder;
    this.settings = settings;
  }

  /**
   * Begins a corpus, or takes one up that was begun with the same settings.
   *
   * @throws CorpusException naming the settings that differ
   */
  public static Corpus begin(Path folder, CorpusSettings settings) throws IOException {
    if (Files.exists(folder.resolve(SETTINGS))) {
      Corpus there = open(folder);
      List<String> differences = there.settings.differences(settings);
      if (differences.isEmpty()) return there;
      throw new CorpusException(
          folder,
          "holds a corpus made with another %s; give the old options again to go on with it, or another folder"
              .formatted(String.join(", ", differences)));
    }
    Files.createDirectories(folder);
    Path part = folder.resolve(SETTINGS + ".part");
    Files.write(part, new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(settings));
    Files.move(part, folder.resolve(SETTINGS), StandardCopyOption.ATOMIC_MOVE);
    return new Corpus(folder, settings);
  }

  /**
   * Opens what is there, complete or not.
   *
   * @throws CorpusException if it is no corpus, or one of another format
   */
  public static Corpus open(Path folder) throws IOException {
    Path file = folder.resolve(SETTINGS);
    if (!Files.isRegularFile(file)) throw new CorpusException(folder, "holds no corpus; './headrace train corpus --out %s' makes one".formatted(folder));
    CorpusSettings settings;
    try {
      settings = new ObjectMapper().readValue(file.toFile(), CorpusSettings.class);
    } catch (com.fasterxml.jackson.core.JacksonException wrong) {
      throw new CorpusException(file, "cannot be understood; make the corpus anew: " + wrong.getOriginalMessage(), wrong);
    }
    if (settings.format() != CorpusSettings.FORMAT) {
      throw new CorpusException(file, "has format %d, and this program reads %d; make the corpus anew".formatted(settings.format(), CorpusSettings.FORMAT));
    }
    return new Corpus(folder, settings);
  }

  public Path folder() {
    return folder;
  }

  public CorpusSettings settings() {
    return settings;
  }

  /** Shards of {@code part} that are there, in order. Their tokens are read, their states only counted. */
  public List<Shard> shards(Part part) throws IOException {
    List<Shard> shards = new ArrayList<>();
    for (int number = 0; Files.exists(ShardFiles.tokens(folder, part.shard(number))); number++) {
      ShardFiles.Content content = ShardFiles.read(folder, part.shard(number));
      if (content.hidden() != settings.hidden()) {
        throw new CorpusException(
            ShardFiles.tokens(folder, part.shard(number)),
            "has states of %d values, not %d; delete it and its states, and make the corpus again".formatted(content.hidden(), settings.hidden()));
      }
      shards.add(new Shard(part, number, ShardFiles.states(folder, part.shard(number)), content.rows(), content.sequences()));
    }
    return shards;
  }

  /**
   * Adds the shard {@code number}, which must be the next one.
   *
   * @param states a row of binary16 values per answer token of each sequence
   */
  public void write(Part part, int number, List<AnsweredPrompt> sequences, List<short[]> states) throws IOException {
    ShardFiles.write(folder, part.shard(number), settings.hidden(), sequences, states);
  }
}
