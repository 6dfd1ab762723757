package io.headrace.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The 256 printable characters by which byte-level BPE vocabularies spell bytes (GPT-2, Radford et
 * al. 2019).
 *
 * <p>A byte that is a printable Latin-1 character stands for itself: {@code 21..7E}, {@code
 * A1..AC}, {@code AE..FF}. The other 68 bytes are, in order, the characters from U+0100 on; so a
 * space is written {@code Ġ} (U+0120) and a newline {@code Ċ} (U+010A).
 */
final class ByteAlphabet {
  private static final int OTHERS_FROM = 0x100;
  private static final short[] BYTE_OF = byteOf();

  private ByteAlphabet() {}

  /**
   * The bytes that {@code spelled} stands for; a character outside the alphabet stands for its own
   * UTF-8 bytes.
   */
  static byte[] bytes(String spelled) {
    int length = spelled.length();
    var plain = new byte[length];
    for (int i = 0; i < length; i++) {
      char c = spelled.charAt(i);
      if (c >= BYTE_OF.length || BYTE_OF[c] < 0) {
        return mixed(spelled);
      }
      plain[i] = (byte) BYTE_OF[c];
    }
    return plain;
  }

  private static byte[] mixed(String spelled) {
    var bytes = new ByteArrayOutputStream(spelled.length());
    spelled
        .codePoints()
        .forEach(
            c -> {
              if (c < BYTE_OF.length && BYTE_OF[c] >= 0) {
                bytes.write(BYTE_OF[c]);
              } else {
                bytes.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
              }
            });
    return bytes.toByteArray();
  }

  private static boolean standsForItself(int value) {
    return (value >= 0x21 && value <= 0x7E) || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
  }

  private static short[] byteOf() {
    var byteOf = new short[OTHERS_FROM + 68];
    Arrays.fill(byteOf, (short) -1);
    int next = OTHERS_FROM;
    for (int value = 0; value < 256; value++) {
      byteOf[standsForItself(value) ? value : next++] = (short) value;
    }
    return byteOf;
  }
}
