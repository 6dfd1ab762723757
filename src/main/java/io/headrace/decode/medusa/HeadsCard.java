package io.headrace.decode.medusa;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.Arrays;

/**
 * What is known of trained heads beside their weights: the file {@code heads.json} that training writes.
 *
 * @param chained whether a head goes on from what the one before it made, and sees the guess before its own; otherwise all go on from the
 *     model's state and see the certain token, or none
 * @param weights identity of the weights they were trained for, {@link io.headrace.model.ModelCard#weights}
 * @param hidden size of its states
 * @param heads how many guesses are made; heads beyond those that have weights share the last one's
 * @param slice tokens they can guess, in the order of their logits
 * @param reliability per head and tenth of probability, how often a first guess given with about that probability was right
 */
public record HeadsCard(
    boolean chained, String weights, int hidden, int heads, int[] slice, double[][] reliability) {
  private static final int FORMAT = 1;

  /** Guesses that a bin's measured share must rest on; a bin of fewer is believed at its word. */
  private static final int ENOUGH = 50;

  /**
   * Reads a card.
   *
   * @throws IllegalArgumentException naming the field that is missing or wrong
   */
  public static HeadsCard parse(byte[] json) {
    JsonNode card;
    try {
      card = new ObjectMapper().readTree(json);
    } catch (IOException broken) {
      throw new IllegalArgumentException("the card of the heads is no JSON: " + broken.getMessage(), broken);
    }
    int format = whole(card, "format", 1, Integer.MAX_VALUE);
    if (format != FORMAT) {
      throw new IllegalArgumentException("format: %d, but this version reads %d".formatted(format, FORMAT));
    }
    String kind = card.path("kind").asText();
    if (!kind.equals("chain") && !kind.equals("root") && !kind.equals("medusa")) {
      throw new IllegalArgumentException("kind: '%s'; there are chain, root and medusa".formatted(kind));
    }
    int heads = whole(card, "heads", 1, 8);
    double[][] reliability = new double[heads][];
    for (int head = 0; head < heads; head++) reliability[head] = bins(card.path("reliability").path(head));
    return new HeadsCard(
        kind.equals("chain"),
        card.path("weights").asText(),
        whole(card, "hidden", 1, 1 << 20),
        heads,
        slice(card, whole(card, "vocabulary", 1, Integer.MAX_VALUE)),
        reliability);
  }

  /**
   * Refuses tensors of more heads than this card describes.
   *
   * @param blocks heads that have weights
   */
  public void check(int blocks) {
    if (blocks > heads) {
      throw new IllegalArgumentException("the card speaks of %d heads, %d have weights".formatted(heads, blocks));
    }
  }

  private static int whole(JsonNode card, String field, int low, int high) {
    JsonNode value = card.path(field);
    if (!value.isInt() || value.intValue() < low || value.intValue() > high) {
      throw new IllegalArgumentException(
          "%s: must be a whole number between %d and %d, was %s".formatted(field, low, high, value));
    }
    return value.intValue();
  }

  private static int[] slice(JsonNode card, int vocabulary) {
    JsonNode listed = card.path("slice");
    int[] slice = new int[listed.size()];
    for (int i = 0; i < slice.length; i++) {
      JsonNode token = listed.get(i);
      if (!token.isInt() || token.intValue() < 0 || token.intValue() >= vocabulary) {
        throw new IllegalArgumentException("slice[%d]: %s is no token of %d".formatted(i, token, vocabulary));
      }
      slice[i] = token.intValue();
    }
    if (slice.length == 0) throw new IllegalArgumentException("slice: must list the tokens that can be guessed");
    return slice;
  }

  private static double[] bins(JsonNode head) {
    JsonNode listed = head.path("bins");
    double[] right = new double[10];
    for (int bin = 0; bin < right.length; bin++) {
      JsonNode each = listed.path(bin);
      boolean known = each.path("count").asInt() >= ENOUGH;
      right[bin] = known ? each.path("right").asDouble() : (bin + 0.5) / right.length;
    }
    return right;
  }

  /** How likely a guess of head {@code head} is to be right that it gives with probability {@code said}: straight lines between the tenths. */
  double trust(int head, double said) {
    double[] right = reliability[head];
    double at = said * right.length - 0.5;
    if (at <= 0) return said / (0.5 / right.length) * right[0];
    int bin = Math.min((int) at, right.length - 2);
    return Math.clamp(right[bin] + (at - bin) * (right[bin + 1] - right[bin]), 0, 1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HeadsCard card
        && chained == card.chained
        && weights.equals(card.weights)
        && hidden == card.hidden
        && heads == card.heads
        && Arrays.equals(slice, card.slice)
        && Arrays.deepEquals(reliability, card.reliability);
  }

  @Override
  public int hashCode() {
    return weights.hashCode() ^ Arrays.hashCode(slice);
  }
}
