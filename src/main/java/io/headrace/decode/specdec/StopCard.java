package io.headrace.decode.specdec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.headrace.generation.DecodingChoice.SpecDec;
import io.headrace.generation.DecodingChoice.Stop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What training found out about stopping rules: the file {@code acceptance.json} beside an acceptance head.
 *
 * @param heads SHA-256 of the heads whose guesses the acceptance head judges, in hexadecimal
 * @param head worth of a draft by the acceptance head's word, see {@link ChainRule.Paying}
 * @param product by the drafter's confidences
 * @param confidence risk of the last draft, by its confidence, beyond which a chain ended best
 */
public record StopCard(String heads, double head, double product, double confidence) {
  /** What is said of a guess beside its state and token: in this order. */
  public static final List<String> FEATURES = List.of("largest share", "log of it", "log of it over the second", "entropy, nats", "depth from 0");

  /** Worths and a risk for heads of which nothing was measured: about those of the default model's. */
  private static final StopCard UNMEASURED = new StopCard("", 0.5, 0.5, 0.7);

  private static final int FORMAT = 2;

  /**
   * Reads a card.
   *
   * @throws IllegalArgumentException naming the field that is missing or wrong
   */
  public static StopCard parse(byte[] json) {
    JsonNode card;
    try {
      card = new ObjectMapper().readTree(json);
    } catch (IOException broken) {
      throw new IllegalArgumentException("acceptance.json is no JSON: " + broken.getMessage(), broken);
    }
    int format = card.path("format").asInt();
    if (format != FORMAT) {
      throw new IllegalArgumentException("acceptance.json: format: %d, but this version reads %d; train the acceptance head again".formatted(format, FORMAT));
    }
    List<String> features = new ArrayList<>();
    for (JsonNode each : card.path("features")) features.add(each.asText());
    if (!features.equals(FEATURES)) throw new IllegalArgumentException("acceptance.json: features: %s, but this version has %s".formatted(features, FEATURES));
    return new StopCard(
        card.path("heads").asText(),
        number(card, "head", "worth", 1e6),
        number(card, "product", "worth", 1e6),
        number(card, "confidence", "risk", 1));
  }

  private static double number(JsonNode card, String rule, String field, double most) {
    JsonNode value = card.path("rules").path(rule).path(field);
    if (!value.isNumber() || !(value.doubleValue() > 0 && value.doubleValue() <= most)) {
      throw new IllegalArgumentException("acceptance.json: rules.%s.%s: must be a number above 0 and at most %s, was %s".formatted(rule, field, most, value));
    }
    return value.doubleValue();
  }

  /** The rule that {@code choice} names. */
  static ChainRule rule(SpecDec choice, Stop stop, @Nullable StopCard card) {
    StopCard known = card == null ? UNMEASURED : card;
    boolean fixed = !Double.isNaN(choice.threshold());
    return switch (stop) {
      case FIXED -> new ChainRule.Fixed(choice.draftTokens());
      case HEURISTIC -> new ChainRule.Heuristic();
      case HEAD -> fixed ? new ChainRule.Risk(stop, choice.threshold()) : new ChainRule.Paying(stop, known.head());
      case PRODUCT -> fixed ? new ChainRule.Risk(stop, choice.threshold()) : new ChainRule.Paying(stop, known.product());
      case CONFIDENCE -> new ChainRule.Risk(stop, fixed ? choice.threshold() : known.confidence());
    };
  }
}
