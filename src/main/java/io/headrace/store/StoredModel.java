package io.headrace.store;

import java.nio.file.Path;

/**
 * A model the store holds.
 *
 * @param name the name it was pulled under
 * @param path the file; its name is its hash, so it has no telling extension
 * @param fileName the name it had at its source
 * @param licence SPDX identifier, or {@code unknown} for files outside the catalogue
 * @param source where it came from, in words
 */
public record StoredModel(
    String name,
    Path path,
    String fileName,
    long bytes,
    Sha256 sha256,
    String licence,
    String source) {}
