package io.headrace.tensor;

import java.util.Locale;

/** An instruction set that kernels are written for, lowest first. Every tier gives the same bits; only speed differs. */
public enum Tier {
  /** Java code, no native library. */
  JAVA(-1, "Java"),
  /** Portable C++. */
  SCALAR(0, "scalar C++"),
  /** AVX2, FMA and F16C. */
  AVX2(1, "AVX2"),
  /** AVX-512 F, BW, VL and VNNI. */
  AVX512(2, "AVX-512 VNNI");

  private final int id;
  private final String label;

  Tier(int id, String label) {
    this.id = id;
    this.label = label;
  }

  /** The number of {@code HR_TIER_...}; -1 for {@link #JAVA}. */
  int id() {
    return id;
  }

  /** A name for people. */
  public String label() {
    return label;
  }

  /** The native tier with number {@code id}. */
  static Tier ofId(int id) {
    for (Tier tier : values()) {
      if (tier.id == id && tier != JAVA) return tier;
    }
    throw new KernelFault("the native library names an unknown tier " + id);
  }

  /**
   * The tier a person writes in a configuration: {@code java}, {@code scalar}, {@code avx2} or {@code avx512}.
   *
   * @throws IllegalArgumentException for any other word; the message lists the words
   */
  public static Tier named(String word) {
    for (Tier tier : values()) {
      if (tier.name().toLowerCase(Locale.ROOT).equals(word)) return tier;
    }
    throw new IllegalArgumentException(
        "unknown kernel tier \"" + word + "\": use java, scalar, avx2 or avx512");
  }
}
