package io.headrace.weights;

import static io.headrace.weights.GgufFileTest.assertNames;
import static io.headrace.weights.SafetensorsFolder.safetensors;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.headrace.weights.SafetensorsFolder.Shard;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Truncated, damaged and lying safetensors folders: each is refused with file, field and reason.
 */
class HostileSafetensorsTest {
  private static final String FILE = "model.safetensors";

  @TempDir Path folder;

  private SafetensorsFolder llama() {
    return SafetensorsFolder.in(folder)
        .config(SafetensorsFolder.LLAMA)
        .shard(FILE, new Shard().floats("model.embed_tokens.weight", 4, 8, 0));
  }

  private static WeightFileException refused(SafetensorsFolder model) {
    return assertThrows(WeightFileException.class, () -> model.open().close());
  }

  private WeightFileException refusedShard(Shard shard) {
    WeightFileException thrown = refused(llama().shard(FILE, shard));
    assertEquals(folder.resolve(FILE), thrown.file());
    return thrown;
  }

  @Test
  void everyTruncationOfAShardIsRefused() throws IOException {
    byte[] whole = new Shard().floats("model.norm.weight", 1, 4, 0).bytes();
    llama();
    for (int length = 0; length < whole.length; length++) {
      Files.write(folder.resolve(FILE), Arrays.copyOf(whole, length));
      assertThrows(WeightFileException.class, () -> WeightFile.open(folder).close());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, 1L << 60, 500, 0, 1})
  void aLyingHeaderLengthIsRefused(long length) {
    byte[] bytes = new Shard().floats("x", 1, 4, 0).bytes();
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    assertNames(
        refused(llama().file(FILE, bytes)), "at byte 0", Long.toUnsignedString(length) + " bytes");
  }

  @Test
  void theHeaderMustBeOneJsonObjectWithEachNameOnce() {
    assertNames(refused(llama().file(FILE, safetensors("[1]", new byte[0]))), "not a JSON object");
    assertNames(
        refused(llama().file(FILE, safetensors("{\"a\": tru}", new byte[0]))),
        "not valid JSON",
        "at byte 1");
    assertNames(refused(llama().file(FILE, safetensors("{} {}", new byte[0]))), "not valid JSON");
    String deep = "{\"a\":" + "[".repeat(100_000);
    assertNames(refused(llama().file(FILE, safetensors(deep, new byte[0]))), "not valid JSON");
    assertNames(
        refusedShard(new Shard().floats("x", 1, 1, 0).floats("x", 1, 1, 0)), "not valid JSON", "x");
    assertNames(
        refusedShard(
            new Shard().floats("norm.weight", 1, 1, 0).floats("model.norm.weight", 1, 1, 0)),
        "output_norm.weight",
        "twice");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "I64 | [2] | [0, 16] | dtype I64",
        "F64 | [2] | [0, 16] | F32, F16, BF16",
        "F32 | [] | [0, 4] | 1 to 4 dimensions",
        "F32 | [1, 1, 1, 1, 1] | [0, 4] | 1 to 4 dimensions",
        "F32 | [0] | [0, 0] | at least 1",
        "F32 | [-1] | [0, 4] | shape is [-1]",
        "F32 | [1.5] | [0, 4] | shape is [1.5]",
        "F32 | 4 | [0, 16] | a list of integers",
        "F32 | null | [0, 16] | shape is missing",
        "F32 | [99999999999999999999] | [0, 16] | a list of integers",
        "F32 | [4611686018427387904, 4] | [0, 16] | more than 2^63",
        "F32 | [4] | [0, 15] | needs 16 bytes",
        "F32 | [4] | [0, 20] | needs 16 bytes",
        "F32 | [8] | [0, 32] | truncated",
        "F32 | [4] | [16, 0] | begin and end",
        "F32 | [4] | [0] | begin and end",
        "F32 | [4] | {} | a list of integers",
        "F32 | [4] | [-16, 0] | a list of integers",
        "F32 | [4] | [9223372036854775800, 9223372036854775807] | begin and end",
      })
  void anEntryMustFitItsBytes(String dtype, String shape, String offsets, String reason) {
    Shard shard =
        new Shard().tensor("ok", "F32", "[5]", new byte[20]).entry("x", dtype, shape, offsets);
    assertNames(refusedShard(shard), "x", reason);
  }

  @Test
  void entriesMustBeWholeAndApart() {
    assertNames(refusedShard(new Shard().raw("\"x\": 3")), "field x is 3", "an object");
    assertNames(refusedShard(new Shard().raw("\"x\": {\"shape\": [1]}")), "x.dtype is missing");
    assertNames(
        refusedShard(
            new Shard()
                .tensor("a", "F32", "[5]", new byte[20])
                .entry("b", "F32", "[4]", "[4, 20]")),
        "tensors a and b overlap");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"llama\" | \"mixtral\" | model_type is \"mixtral\"",
        "\"llama\" | 7 | model_type is 7",
        "\"hidden_size\": 8 | \"hidden_size\": 0 | hidden_size is 0",
        "\"hidden_size\": 8 | \"hidden_size\": 8.0 | hidden_size is 8.0",
        "\"hidden_size\": 8 | \"hidden_size\": 1e99 | hidden_size is",
        "\"hidden_size\": 8 | \"hidden_size\": 99999999999 | hidden_size is 99999999999",
        "\"hidden_size\": 8 | \"hidden\": 8 | hidden_size is missing",
        "\"hidden_size\": 8 | \"hidden_size\": 9 | a divisor of hidden_size 9",
        "\"num_hidden_layers\": 1 | \"num_hidden_layers\": -1 | num_hidden_layers is -1",
        "1e-5 | NaN | rms_norm_eps is",
        "1e-5 | 0 | rms_norm_eps is 0",
        "\"eos_token_id\": 2 | \"eos_token_id\": [2, \"x\"] | eos_token_id[1] is \"x\"",
        "{\"model_type\" | {\"hidden_act\": \"gelu\", \"model_type\" | hidden_act is \"gelu\"",
        "{\"model_type\" | {\"head_dim\": 3, \"model_type\" | head_dim is 3",
        "{\"model_type\" | {\"partial_rotary_factor\": 2, \"model_type\" | partial_rotary_factor is"
            + " 2",
        "{\"model_type\" | {\"rope_theta\": -1, \"model_type\" | rope_theta is -1",
        "{\"model_type\" | {\"rope_scaling\": 3, \"model_type\" | rope_scaling is 3",
        "{\"model_type\" | {\"rope_scaling\": {\"type\": \"dynamic\"}, \"model_type\" |"
            + " rope_scaling.type is \"dynamic\"",
        "{\"model_type\" | {\"rope_scaling\": {\"type\": \"linear\"}, \"model_type\" |"
            + " rope_scaling.factor is missing",
        "{\"model_type\" | {\"quantization_config\": {}, \"model_type\" | quantised safetensors",
        "{\"model_type\" | {\"tie_word_embeddings\": 1, \"model_type\" | tie_word_embeddings is 1",
        "{\"model_type\" | [{\"model_type\" | not valid JSON",
      })
  void aFieldThatCannotBeIsNamed(String field, String replacement, String reason) {
    String config = SafetensorsFolder.LLAMA.replace(field, replacement);
    assertNames(refused(llama().config(config)), reason);
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    WeightFileException noConfig =
        assertThrows(WeightFileException.class, () -> WeightFile.open(folder));
    assertNames(noConfig, "no config.json", folder.toString());
    SafetensorsFolder.in(folder).config(SafetensorsFolder.LLAMA);
    assertNames(refused(SafetensorsFolder.in(folder)), "no .safetensors file");
    byte[] shard = new Shard().floats("x", 1, 1, 0).bytes();
    SafetensorsFolder.in(folder).file("a.safetensors", shard).file("b.safetensors", shard);
    assertNames(refused(SafetensorsFolder.in(folder)), "2 .safetensors files");
    Path alone = Files.createDirectory(folder.resolve("alone"));
    Files.write(alone.resolve("a.safetensors"), shard);
    assertNames(
        assertThrows(
            WeightFileException.class, () -> WeightFile.open(alone.resolve("a.safetensors"))),
        "config.json",
        "no such file");
  }

  private SafetensorsFolder indexed(String shardName) {
    return SafetensorsFolder.in(folder)
        .config(SafetensorsFolder.LLAMA)
        .shard("a.safetensors", new Shard().floats("model.embed_tokens.weight", 4, 8, 0))
        .text(
            "model.safetensors.index.json",
            "{\"weight_map\": {\"model.norm.weight\": \"" + shardName + "\"}}");
  }

  @Test
  void anIndexThatPromisesTooMuchIsRefused() {
    assertNames(refused(indexed("b.safetensors")), "shard b.safetensors is missing");
    assertNames(refused(indexed("a.safetensors")), "tensor model.norm.weight is missing");
    SafetensorsFolder folderWithIndex = indexed("a.safetensors");
    assertNames(
        refused(folderWithIndex.text("model.safetensors.index.json", "{}")),
        "weight_map is missing");
    assertNames(
        refused(folderWithIndex.text("model.safetensors.index.json", "{\"weight_map\": {}}")),
        "weight_map is empty");
    assertNames(
        refused(
            folderWithIndex.text("model.safetensors.index.json", "{\"weight_map\": {\"a\": 1}}")),
        "weight_map.a is 1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../a.safetensors",
        "/etc/a.safetensors",
        "sub/a.safetensors",
        "..\\\\a.safetensors",
        "C:a.safetensors",
        "a.safetensors\\u0000",
        ".hidden.safetensors",
        "a.bin",
        "\\ud800.safetensors",
        ""
      })
  void anIndexCannotNameFilesElsewhere(String name) {
    assertNames(refused(indexed(name)), "weight_map.model.norm.weight is", "same folder");
  }

  @Test
  void sideFilesAreCheckedToo() {
    assertNames(
        refused(llama().text("tokenizer_config.json", "{\"chat_template\": 3}")),
        "chat_template is 3");
    assertNames(
        refused(llama().text("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"x\"}]}")),
        "name and template");
    assertNames(
        refused(
            llama()
                .text("tokenizer_config.json", "{\"chat_template\": null}")
                .file("chat_template.jinja", new byte[] {(byte) 0xFF})),
        "chat_template.jinja",
        "UTF-8");
    assertNames(
        refused(
            SafetensorsFolder.in(folder)
                .file("chat_template.jinja", new byte[0])
                .text("generation_config.json", "{\"eos_token_id\": \"</s>\"}")),
        "generation_config.json",
        "eos_token_id");
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4})
  void aDamagedShardIsRefusedOrUsable(long seed) {
    byte[] whole =
        new Shard()
            .floats("model.embed_tokens.weight", 4, 8, 0)
            .tensor("model.norm.weight", "BF16", "[8]", new byte[16])
            .raw("\"__metadata__\": {\"format\": \"pt\"}")
            .bytes();
    Random random = new Random(seed);
    for (int i = 0; i < 4_000; i++) {
      byte[] damaged = damaged(whole, random);
      try {
        SafetensorsShard.read(Path.of("damaged"), MemorySegment.ofArray(damaged), name -> true)
            .values()
            .forEach(t -> Dequantiser.matrix(t.format(), t.data(), t.rows(), t.columns()));
      } catch (WeightFileException refused) {
        assertNames(refused, "damaged", refused.reason());
      }
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2})
  void damagedSideFilesAreRefusedOrUsable(long seed) {
    String config =
        SafetensorsFolder.LLAMA.replaceFirst(
            "}$",
            ", \"rope_scaling\": {\"type\": \"yarn\", \"factor\": 4.0}, \"tie_word_embeddings\":"
                + " true}");
    String index =
        "{\"weight_map\": {\"model.embed_tokens.weight\": \"a.safetensors\", \"model.norm.weight\":"
            + " \"a.safetensors\"}}";
    SafetensorsFolder model =
        SafetensorsFolder.in(folder)
            .shard(
                "a.safetensors",
                new Shard()
                    .floats("model.embed_tokens.weight", 4, 8, 0)
                    .floats("model.norm.weight", 1, 8, 0));
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      boolean first = random.nextBoolean();
      byte[] asConfig = config.getBytes(StandardCharsets.UTF_8);
      byte[] asIndex = index.getBytes(StandardCharsets.UTF_8);
      model
          .file("config.json", first ? damaged(asConfig, random) : asConfig)
          .file("model.safetensors.index.json", first ? asIndex : damaged(asIndex, random));
      try (WeightFile file = model.open()) {
        file.metadata().string("general.architecture");
      } catch (WeightFileException refused) {
        assertNames(refused, folder.toString(), refused.reason());
      }
    }
  }

  private static byte[] damaged(byte[] whole, Random random) {
    byte[] damaged = whole.clone();
    int changes = 1 + random.nextInt(3);
    for (int c = 0; c < changes; c++) {
      int at = random.nextInt(damaged.length);
      damaged[at] =
          random.nextBoolean()
              ? (byte) (damaged[at] ^ 1 << random.nextInt(8))
              : (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0
        ? Arrays.copyOf(damaged, random.nextInt(damaged.length))
        : damaged;
  }
}
