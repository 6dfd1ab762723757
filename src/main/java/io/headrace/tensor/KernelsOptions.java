package io.headrace.tensor;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * How kernels are opened. Results do not depend on any of it.
 *
 * @param threads members of the team, the calling thread included, 1 to 64
 * @param adaptiveThreads whether passes take fewer members while another process makes some late. Ignored by the Java kernels
 * @param highestTier the best tier that may be used; empty: the best of the machine. Can lower, never raise
 * @param spins pauses a waiting member spins before it sleeps, 0 and up; spinning longer answers sooner and burns more. Ignored by
 *     the Java kernels
 * @param library the native library, or a folder that holds it; empty: the one packed with the classes, if any
 * @param extractTo folder that the packed library is written to once; made if missing
 */
public record KernelsOptions(
    int threads,
    boolean adaptiveThreads,
    Optional<Tier> highestTier,
    int spins,
    Optional<Path> library,
    Path extractTo) {
  /** Spins before sleeping: about 100 microseconds, longer than the pauses inside a pass. A guess; nothing measured yet. */
  public static final int DEFAULT_SPINS = 4000;

  public KernelsOptions {
    if (threads < 1 || threads > 64) {
      throw new IllegalArgumentException("threads must be 1 to 64, was " + threads);
    }
    if (spins < 0) throw new IllegalArgumentException("spins must not be negative, was " + spins);
    Objects.requireNonNull(highestTier, "highestTier");
    Objects.requireNonNull(library, "library");
    Objects.requireNonNull(extractTo, "extractTo");
  }

  /** The best of this machine, one thread per physical core, the packed library. */
  public static KernelsOptions defaults(Path extractTo) {
    return new KernelsOptions(
        ProcessorCores.available(), true, Optional.empty(), DEFAULT_SPINS, Optional.empty(), extractTo);
  }

  public KernelsOptions withThreads(int count) {
    return new KernelsOptions(count, adaptiveThreads, highestTier, spins, library, extractTo);
  }

  public KernelsOptions withAdaptiveThreads(boolean adaptive) {
    return new KernelsOptions(threads, adaptive, highestTier, spins, library, extractTo);
  }

  public KernelsOptions withHighestTier(Tier tier) {
    return new KernelsOptions(threads, adaptiveThreads, Optional.of(tier), spins, library, extractTo);
  }

  public KernelsOptions withSpins(int count) {
    return new KernelsOptions(threads, adaptiveThreads, highestTier, count, library, extractTo);
  }

  public KernelsOptions withLibrary(Path path) {
    return new KernelsOptions(threads, adaptiveThreads, highestTier, spins, Optional.of(path), extractTo);
  }
}
