package io.headrace.store;

import java.util.List;

/**
 * A model the server knows by name, pinned to one exact file.
 *
 * @param name what a user types, for example {@code smollm2-135m-instruct}
 * @param fileName the file's usual name, for people who place it by hand
 * @param bytes its exact size
 * @param sha256 its exact content
 * @param licence SPDX identifier of the weights' licence
 * @param sources where to get it, tried in this order; all serve the same bytes
 */
public record CatalogueEntry(
    String name,
    String fileName,
    long bytes,
    Sha256 sha256,
    String licence,
    List<ModelSource> sources) {
  public CatalogueEntry {
    if (!name.matches("[a-z0-9][a-z0-9._-]*")) {
      throw new IllegalArgumentException(
          "a catalogue name has lower-case letters, digits, '.', '_' and '-', not '" + name + "'");
    }
    if (bytes < 1) throw new IllegalArgumentException("bytes must be at least 1, was " + bytes);
    sources = List.copyOf(sources);
    if (sources.isEmpty()) throw new IllegalArgumentException(name + " has no source");
  }
}
