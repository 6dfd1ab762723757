package io.headrace.store;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All that the store may know of its surroundings.
 *
 * @param home the store's folder, made when needed; a user sets it with {@code HEADRACE_HOME}
 * @param hubEndpoint http or https address of the hub ({@code HF_ENDPOINT})
 * @param hubToken bearer token for the endpoint ({@code HF_TOKEN}); sent to the endpoint's origin
 *     and nowhere else
 * @param hubOffline never contact the hub ({@code HF_HUB_OFFLINE}); other sources still may
 * @param offline never contact anything ({@code HEADRACE_OFFLINE})
 * @param reachWithin how long a source may take until its first answer, in all, redirects included;
 *     default 4 s, so that with the start of what asks, an unreachable source costs less than 5 s
 * @param stallAfter how long a running transfer may bring nothing before it is given up; default 60
 *     s
 * @param pip the command that runs pip; default {@code python3 -m pip}
 */
public record StoreOptions(
    Path home,
    URI hubEndpoint,
    @Nullable String hubToken,
    boolean hubOffline,
    boolean offline,
    Duration reachWithin,
    Duration stallAfter,
    List<String> pip) {

  /** The hub that pinned revisions of the catalogue refer to. */
  public static final URI DEFAULT_HUB = URI.create("https://huggingface.co");

  public StoreOptions {
    home = home.toAbsolutePath().normalize();
    pip = List.copyOf(pip);
    String scheme = hubEndpoint.getScheme();
    if (hubEndpoint.getHost() == null || !("https".equals(scheme) || "http".equals(scheme))) {
      throw new IllegalArgumentException(
          "HF_ENDPOINT must be an http or https address, was '" + hubEndpoint + "'");
    }
    if (pip.isEmpty()) throw new IllegalArgumentException("the pip command is empty");
    if (hubToken != null
        && (hubToken.isBlank() || !hubToken.chars().allMatch(c -> c > ' ' && c < 127))) {
      throw new IllegalArgumentException("HF_TOKEN must be printable ASCII without blanks");
    }
    if (!reachWithin.isPositive())
      throw new IllegalArgumentException("reachWithin must be above 0");
    if (!stallAfter.isPositive()) throw new IllegalArgumentException("stallAfter must be above 0");
  }

  /** The defaults, with the store in {@code home}. */
  public static StoreOptions in(Path home) {
    return new StoreOptions(
        home,
        DEFAULT_HUB,
        null,
        false,
        false,
        Duration.ofSeconds(4),
        Duration.ofSeconds(60),
        List.of("python3", "-m", "pip"));
  }

  /** The same with another hub and the token for it. */
  public StoreOptions withHub(URI endpoint, @Nullable String token) {
    return new StoreOptions(
        home, endpoint, token, hubOffline, offline, reachWithin, stallAfter, pip);
  }

  /** The same with sources switched off. */
  public StoreOptions withOffline(boolean hubOnly, boolean everything) {
    return new StoreOptions(
        home, hubEndpoint, hubToken, hubOnly, everything, reachWithin, stallAfter, pip);
  }

  /** The same with other time limits. */
  public StoreOptions withLimits(Duration reach, Duration stall) {
    return new StoreOptions(home, hubEndpoint, hubToken, hubOffline, offline, reach, stall, pip);
  }

  /** The same with another command in place of {@code python3 -m pip}. */
  public StoreOptions withPip(List<String> command) {
    return new StoreOptions(
        home, hubEndpoint, hubToken, hubOffline, offline, reachWithin, stallAfter, command);
  }

  /** Without the token, so that options can be logged. */
  @Override
  public String toString() {
    return "StoreOptions[home=%s, hub=%s, token=%s, hubOffline=%s, offline=%s]"
        .formatted(home, hubEndpoint, hubToken == null ? "none" : "set", hubOffline, offline);
  }
}
