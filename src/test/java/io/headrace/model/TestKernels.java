package io.headrace.model;

import io.headrace.tensor.Kernels;
import io.headrace.tensor.KernelsOptions;
import io.headrace.tensor.Tier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

/** Kernels for tests: the Java ones always, the native ones where the build or {@code headrace.native.path} has them. */
final class TestKernels {
  private TestKernels() {}

  static Kernels java(int threads) {
    return Kernels.open(options(threads, Tier.JAVA));
  }

  /** The best kernels there are. */
  static Kernels best(int threads) {
    return Kernels.open(options(threads, Tier.AVX512));
  }

  static Kernels of(Tier tier, int threads) {
    return Kernels.open(options(threads, tier));
  }

  /** Native tiers that this machine and build have, lowest first; empty without a native library. */
  static List<Tier> nativeTiers() {
    List<Tier> tiers = new ArrayList<>();
    for (Tier tier : Tier.values()) {
      if (tier == Tier.JAVA) continue;
      try (Kernels kernels = of(tier, 1)) {
        if (kernels.tier() == tier) tiers.add(tier);
      }
    }
    return tiers;
  }

  /** Java's tier and the native ones, for parameterised tests. */
  static Stream<Tier> tiers() {
    return Stream.concat(Stream.of(Tier.JAVA), nativeTiers().stream());
  }

  /** Weights that leave what they are applied to in its order of magnitude. */
  static float[] random(int seed, int count) {
    Random random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) values[i] = (float) random.nextGaussian() * 0.2f;
    return values;
  }

  private static KernelsOptions options(int threads, Tier tier) {
    Optional<Path> library = Optional.ofNullable(System.getProperty("headrace.native.path")).map(Path::of);
    Path folder = Path.of(System.getProperty("java.io.tmpdir"), "headrace-test-kernels");
    return new KernelsOptions(threads, true, Optional.of(tier), 200, library, folder);
  }
}
