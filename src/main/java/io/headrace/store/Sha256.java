package io.headrace.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** A SHA-256 as 64 lower-case hexadecimal digits: the name by which the store knows content. */
public record Sha256(String hex) {
  private static final Pattern SHAPE = Pattern.compile("[0-9a-f]{64}");

  public Sha256 {
    if (!SHAPE.matcher(hex).matches()) {
      throw new IllegalArgumentException(
          "a SHA-256 has 64 lower-case hexadecimal digits, not '" + hex + "'");
    }
  }

  /**
   * The hash that an entity tag carries, if it carries one: hubs quote the SHA-256 of large files
   * there.
   */
  static Optional<Sha256> fromEntityTag(String tag) {
    String bare = tag.startsWith("W/") ? tag.substring(2) : tag;
    bare = bare.replace("\"", "").toLowerCase(Locale.ROOT);
    return SHAPE.matcher(bare).matches() ? Optional.of(new Sha256(bare)) : Optional.empty();
  }

  static Sha256 of(MessageDigest digest) {
    return new Sha256(HexFormat.of().formatHex(digest.digest()));
  }

  static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }

  @Override
  public String toString() {
    return hex;
  }
}
