package io.headrace.store;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Understands what a user typed after {@code --model}. Looks at the file system, never at the
 * network.
 */
final class ReferenceParser {
  /*
   * Order: a catalogue name wins, then hf:, then a path. A file in the working folder that is
   * called like a catalogue entry is reached as ./name. Something that looks like a path (a
   * separator, a leading dot or tilde, a weight file's ending) and does not exist is reported as a
   * missing file, anything else as an unknown model.
   */
  private static final Pattern HUB =
      Pattern.compile(
          "hf:([A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*)/([^@]+?)(?:@([A-Za-z0-9][\\w./-]*))?");

  private static final Pattern HUB_FILE = Pattern.compile("[\\w .+-]+(?:/[\\w .+-]+)*");

  private final Catalogue catalogue;

  ReferenceParser(Catalogue catalogue) {
    this.catalogue = catalogue;
  }

  ModelReference parse(String model) {
    if (model.isBlank()) throw unknown(model);
    var entry = catalogue.find(model);
    if (entry.isPresent()) return new ModelReference.Catalogued(entry.get());
    if (model.startsWith("hf:")) return hub(model);
    Path path;
    try {
      path = Path.of(model).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw unknown(model);
    }
    if (Files.isDirectory(path)) return folder(path);
    if (Files.exists(path)) return file(path);
    if (looksLikePath(model)) {
      throw new StoreException(StoreException.Kind.NO_SUCH_FILE, "no such file or folder: " + path);
    }
    throw unknown(model);
  }

  private ModelReference hub(String model) {
    Matcher parts = HUB.matcher(model);
    if (!parts.matches() || model.contains("..") || !HUB_FILE.matcher(parts.group(2)).matches()) {
      throw bad(
          "'"
              + model
              + "' is not a hub reference: write hf:ORGANISATION/REPOSITORY/FILE.gguf, with"
              + " @REVISION at the end if wanted");
    }
    if (!parts.group(2).toLowerCase(Locale.ROOT).endsWith(".gguf")) {
      throw bad(
          ("'%s' does not name a .gguf file. For a safetensors model fetch the whole repository "
                  + "and serve its folder")
              .formatted(model));
    }
    String revision =
        parts.group(3) == null ? ModelReference.HubFile.DEFAULT_REVISION : parts.group(3);
    return new ModelReference.HubFile(new HubSource(parts.group(1), revision, parts.group(2)));
  }

  private static ModelReference folder(Path path) {
    if (path.getFileName() == null || !hasSafetensors(path)) {
      throw bad(
          path
              + " is a folder without a .safetensors file. Name a GGUF file, or a folder with"
              + " config.json and safetensors files");
    }
    if (!Files.isRegularFile(path.resolve("config.json"))) {
      throw bad(path + " has safetensors files but no config.json, which says what model they are");
    }
    return new ModelReference.LocalFolder(path);
  }

  private static boolean hasSafetensors(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.anyMatch(file -> file.getFileName().toString().endsWith(".safetensors"));
    } catch (java.io.IOException e) {
      throw new StoreException(
          StoreException.Kind.NO_SUCH_FILE,
          "cannot read the folder " + folder + ": " + e.getMessage(),
          e);
    }
  }

  private static ModelReference file(Path path) {
    if (!Files.isRegularFile(path)) throw bad(path + " is neither a file nor a folder");
    if (!Files.isReadable(path)) {
      throw new StoreException(
          StoreException.Kind.NO_SUCH_FILE, path + " cannot be read: check its permissions");
    }
    if (path.toString().endsWith(".safetensors")) {
      throw bad(
          path
              + " is one part of a model: name its folder, which also holds config.json and"
              + " tokenizer.json");
    }
    return new ModelReference.LocalFile(path);
  }

  private static boolean looksLikePath(String model) {
    String lower = model.toLowerCase(Locale.ROOT);
    return model.contains("/")
        || model.contains("\\")
        || model.startsWith(".")
        || model.startsWith("~")
        || lower.endsWith(".gguf")
        || lower.endsWith(".safetensors");
  }

  private static StoreException bad(String message) {
    return new StoreException(StoreException.Kind.BAD_REFERENCE, message);
  }

  private StoreException unknown(String model) {
    return new StoreException(
        StoreException.Kind.UNKNOWN_MODEL,
        ("no model is called '%s'. Known by name: %s. Also taken: the path of a GGUF file or of a"
                + " safetensors folder, and hf:ORGANISATION/REPOSITORY/FILE.gguf")
            .formatted(model, catalogue.names()));
  }
}
