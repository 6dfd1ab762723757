package io.headrace.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/** Names for blobs: one small JSON file each, replaced in one step. Any thread, any process. */
final class NamedReferences {
  private static final System.Logger LOG = System.getLogger(NamedReferences.class.getName());

  /** Longest file name made of a name alone; file systems allow 255 bytes. */
  private static final int LONGEST = 200;

  /** Made when a reference is read or written: a model given as a file needs none. */
  private static final class Json {
    static final JsonMapper MAPPER = JsonMapper.builder().build();
  }

  private final BlobFolder blobs;

  NamedReferences(BlobFolder blobs) {
    this.blobs = blobs;
  }

  /** Makes {@code model.name()} stand for {@code model}. */
  void write(StoredModel model) {
    ObjectNode node = Json.MAPPER.createObjectNode();
    node.put("name", model.name());
    node.put("sha256", model.sha256().hex());
    node.put("bytes", model.bytes());
    node.put("fileName", model.fileName());
    node.put("licence", model.licence());
    node.put("source", model.source());
    Path target = file(model.name());
    try {
      // Not a system temporary file, which only its owner could read: a home may be shared.
      Path fresh = blobs.references().resolve("new-" + UUID.randomUUID() + ".tmp");
      try {
        Files.write(fresh, Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(node));
        Files.move(
            fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw new StoreException(
          StoreException.Kind.STORE_UNUSABLE,
          "cannot write %s: %s. Set HEADRACE_HOME to a folder that can be written"
              .formatted(target, DiskSpace.reason(e)),
          e);
    }
  }

  /** What {@code name} stands for, if its blob is here. */
  Optional<StoredModel> find(String name) {
    return read(file(name)).filter(model -> model.name().equals(name));
  }

  /** All names whose blobs are here, in order. */
  List<StoredModel> all() {
    List<StoredModel> found = new ArrayList<>();
    try (Stream<Path> files = Files.list(blobs.references())) {
      files
          .filter(file -> file.toString().endsWith(".json"))
          .sorted()
          .forEach(file -> read(file).ifPresent(found::add));
    } catch (IOException absent) {
      // No folder yet: nothing was ever pulled.
    }
    return found;
  }

  private Optional<StoredModel> read(Path file) {
    if (!Files.isRegularFile(file)) return Optional.empty();
    try {
      JsonNode node = Json.MAPPER.readTree(Files.readAllBytes(file));
      Sha256 sha256 = new Sha256(node.path("sha256").asText());
      long bytes = node.path("bytes").asLong(-1);
      if (!blobs.holds(sha256, bytes)) return Optional.empty();
      return Optional.of(
          new StoredModel(
              node.path("name").asText(),
              blobs.blob(sha256),
              node.path("fileName").asText(),
              bytes,
              sha256,
              node.path("licence").asText("unknown"),
              node.path("source").asText("unknown")));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      LOG.log(
          Level.WARNING, "ignoring {0}, which is not a model reference: {1}", file, e.getMessage());
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private Path file(String name) {
    String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("*", "%2A");
    if (encoded.startsWith(".")) encoded = "%2E" + encoded.substring(1);
    if (encoded.length() > LONGEST) {
      MessageDigest digest = Sha256.newDigest();
      digest.update(name.getBytes(StandardCharsets.UTF_8));
      encoded = encoded.substring(0, LONGEST - 70) + "-" + Sha256.of(digest).hex();
    }
    return blobs.references().resolve(encoded + ".json");
  }
}
