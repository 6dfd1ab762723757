package io.headrace.train;

import io.headrace.train.AnsweredPrompt.Ending;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The two files of a shard. {@code NAME.tokens} is little-endian int32 throughout:
 *
 * <pre>
 *   magic | format | hidden | sequences | rows
 *   per sequence: index | split | source | temperature (float32 bits) | ending | prompt tokens | answer tokens | prompt ids | answer ids
 * </pre>
 *
 * <p>{@code NAME.states} has {@code rows * hidden} binary16 values and nothing else: a row per answer token, in the order of the
 * sequences. It is in place before the other file is, so a shard whose tokens can be read is whole.
 */
final class ShardFiles {
  private static final int MAGIC = 0x53445248; // "HRDS"
  private static final int HEAD = 5;
  private static final int FIELDS = 7;

  /** A shard read back. */
  record Content(int hidden, int rows, List<AnsweredPrompt> sequences) {}

  private ShardFiles() {}

  static Path tokens(Path folder, String name) {
    return folder.resolve(name + ".tokens");
  }

  static Path states(Path folder, String name) {
    return folder.resolve(name + ".states");
  }

  /** Writes both files; {@code states} has a row of {@code hidden} binary16 values per answer token. */
  static void write(Path folder, String name, int hidden, List<AnsweredPrompt> sequences, List<short[]> states) throws IOException {
    int rows = 0;
    int ints = HEAD;
    for (int i = 0; i < sequences.size(); i++) {
      AnsweredPrompt each = sequences.get(i);
      if (states.get(i).length != each.answer().length * hidden) {
        throw new IllegalArgumentException("sequence %d: %d values for %d rows of %d".formatted(i, states.get(i).length, each.answer().length, hidden));
      }
      rows += each.answer().length;
      ints += FIELDS + each.prompt().length + each.answer().length;
    }
    Path statesPart = folder.resolve(name + ".states.part");
    try (FileChannel out = channel(statesPart)) {
      for (short[] values : states) {
        ByteBuffer bytes = little(2 * values.length);
        bytes.asShortBuffer().put(values);
        while (bytes.hasRemaining()) out.write(bytes);
      }
    }
    ByteBuffer bytes = little(4 * ints);
    bytes.putInt(MAGIC).putInt(CorpusSettings.FORMAT).putInt(hidden).putInt(sequences.size()).putInt(rows);
    for (AnsweredPrompt each : sequences) {
      bytes.putInt(each.index()).putInt(each.split().ordinal()).putInt(each.source());
      bytes.putInt(Float.floatToIntBits(each.temperature())).putInt(each.ending().ordinal());
      bytes.putInt(each.prompt().length).putInt(each.answer().length);
      for (int id : each.prompt()) bytes.putInt(id);
      for (int id : each.answer()) bytes.putInt(id);
    }
    bytes.flip();
    Path tokensPart = folder.resolve(name + ".tokens.part");
    try (FileChannel out = channel(tokensPart)) {
      while (bytes.hasRemaining()) out.write(bytes);
    }
    Files.move(statesPart, states(folder, name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    Files.move(tokensPart, tokens(folder, name), StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Reads the tokens and checks the states' count.
   *
   * @throws CorpusException for files that do not belong together or are cut short
   */
  static Content read(Path folder, String name) throws IOException {
    Path file = tokens(folder, name);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.remaining() < 4 * HEAD || bytes.getInt() != MAGIC) throw new CorpusException(file, "is no shard of a corpus");
    int format = bytes.getInt();
    if (format != CorpusSettings.FORMAT) {
      throw new CorpusException(file, "has format %d, and this program reads %d; make the corpus anew".formatted(format, CorpusSettings.FORMAT));
    }
    int hidden = bytes.getInt();
    int count = bytes.getInt();
    int rows = bytes.getInt();
    List<AnsweredPrompt> sequences = new ArrayList<>();
    int seen = 0;
    try {
      for (int i = 0; i < count; i++) {
        int index = bytes.getInt();
        Split split = Split.values()[bytes.getInt()];
        int source = bytes.getInt();
        float temperature = Float.intBitsToFloat(bytes.getInt());
        Ending ending = Ending.values()[bytes.getInt()];
        int[] prompt = new int[bytes.getInt()];
        int[] answer = new int[bytes.getInt()];
        for (int t = 0; t < prompt.length; t++) prompt[t] = bytes.getInt();
        for (int t = 0; t < answer.length; t++) answer[t] = bytes.getInt();
        sequences.add(new AnsweredPrompt(index, split, source, temperature, ending, prompt, answer));
        seen += answer.length;
      }
    } catch (RuntimeException damaged) {
      throw new CorpusException(file, "is damaged at sequence %d; delete it and its states, and make the corpus again".formatted(sequences.size()), damaged);
    }
    long bytesOfStates = Files.size(states(folder, name));
    if (seen != rows || bytes.hasRemaining() || bytesOfStates != 2L * rows * hidden) {
      throw new CorpusException(
          file,
          "counts %d rows, holds %d and has %d bytes of states, not %d; delete both files and make the corpus again"
              .formatted(rows, seen, bytesOfStates, 2L * rows * hidden));
    }
    return new Content(hidden, rows, sequences);
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static FileChannel channel(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
  }
}
