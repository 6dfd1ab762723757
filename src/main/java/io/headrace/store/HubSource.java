package io.headrace.store;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * One file of a repository on the Hugging Face hub, or on a mirror that speaks its protocol.
 *
 * @param repository {@code organisation/name}
 * @param revision a commit, tag or branch; a full commit pins the content
 * @param file path inside the repository, with {@code /} between folders
 */
public record HubSource(String repository, String revision, String file) implements ModelSource {

  /**
   * The file's address under {@code endpoint}, which may itself have a path and a trailing slash.
   */
  URI address(URI endpoint) {
    String base = endpoint.toString().replaceAll("/+$", "");
    return URI.create(
        base
            + "/"
            + encoded(repository)
            + "/resolve/"
            + encoded(revision).replace("/", "%2F")
            + "/"
            + encoded(file));
  }

  @Override
  public String title() {
    return "Hugging Face hub, " + repository;
  }

  private static String encoded(String path) {
    return Arrays.stream(path.split("/"))
        .map(part -> URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20"))
        .collect(Collectors.joining("/"));
  }
}
