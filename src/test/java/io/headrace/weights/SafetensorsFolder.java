package io.headrace.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A Hugging Face model folder under construction, right or wrong: nothing is checked. */
final class SafetensorsFolder {
  /** A llama of one layer, eight wide, with four heads. */
  static final String LLAMA =
      """
      {"model_type": "llama", "hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1,
       "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
       "vocab_size": 4, "rms_norm_eps": 1e-5, "bos_token_id": 1, "eos_token_id": 2}\
      """;

  /** Tensors of one file: a header entry and bytes each. */
  static final class Shard {
    private final List<String> entries = new ArrayList<>();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    Shard floats(String name, int rows, int columns, float first) {
      ByteBuffer bytes = ByteBuffer.allocate(4 * rows * columns).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < rows * columns; i++) bytes.putFloat(first + i);
      return tensor(name, "F32", "[%d, %d]".formatted(rows, columns), bytes.array());
    }

    Shard tensor(String name, String dtype, String shape, byte[] bytes) {
      int begin = data.size();
      data.writeBytes(bytes);
      return entry(name, dtype, shape, "[%d, %d]".formatted(begin, data.size()));
    }

    Shard entry(String name, String dtype, String shape, String offsets) {
      return raw(
          "\"%s\": {\"dtype\": \"%s\", \"shape\": %s, \"data_offsets\": %s}"
              .formatted(name, dtype, shape, offsets));
    }

    Shard raw(String entry) {
      entries.add(entry);
      return this;
    }

    byte[] bytes() {
      String header = entries.stream().collect(Collectors.joining(", ", "{", "}"));
      return safetensors(header, data.toByteArray());
    }
  }

  private final Path folder;

  private SafetensorsFolder(Path folder) {
    this.folder = folder;
  }

  static SafetensorsFolder in(Path folder) {
    return new SafetensorsFolder(folder);
  }

  static byte[] safetensors(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[8 + json.length + data.length];
    ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).put(data);
    return all;
  }

  SafetensorsFolder text(String name, String content) {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  SafetensorsFolder config(String json) {
    return text("config.json", json);
  }

  /** The llama's config with one more field at its end. */
  SafetensorsFolder configWith(String field) {
    return config(LLAMA.replaceFirst("}$", ", " + field + "}"));
  }

  SafetensorsFolder shard(String name, Shard shard) {
    return file(name, shard.bytes());
  }

  SafetensorsFolder file(String name, byte[] content) {
    try {
      Files.write(folder.resolve(name), content);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  WeightFile open() {
    return WeightFile.open(folder);
  }
}
