package io.headrace.decode.specdec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.decode.FixedTerms;
import io.headrace.generation.DecodingChoice.SpecDec;
import io.headrace.generation.DecodingChoice.Stop;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Laws of the rules that end a chain. */
final class ChainRuleTest {
  private static final FixedTerms TERMS = FixedTerms.of(64, 0.08).taking(10e6);

  @Test
  void withoutAMeasuredWorthTheThresholdIsThatOfTheCosts() {
    // A draft of 1.9 ms and a row of 0.8 beside a step of 10: the risk borne is 1 - 0.27 = 0.73.
    var rule = new ChainRule.Paying(Stop.HEAD, 1);
    assertTrue(rule.goesOn(chain(1, 0.28), TERMS, 1.9e6));
    assertFalse(rule.goesOn(chain(1, 0.26), TERMS, 1.9e6));
  }

  @Test
  void aChainIsNotEvenBegunWhereADraftIsNotWorthItsPrice() {
    var rule = new ChainRule.Paying(Stop.PRODUCT, 0.4);
    assertTrue(rule.goesOn(new Chain(8), TERMS, 1e6));
    assertFalse(rule.goesOn(new Chain(8), TERMS, 4e6), "a dear draft");
    assertFalse(rule.goesOn(new Chain(8), FixedTerms.of(64, 0.5).taking(10e6), 0), "a dear row");
    assertFalse(rule.goesOn(new Chain(8), TERMS.among(8), 1e6), "among many");
    assertTrue(rule.goesOn(new Chain(8), TERMS.taking(Double.NaN), 1e9), "nothing is known of its price yet");
  }

  @Test
  void moreSafetyNeverEndsAChainSoonerAndAHigherPriceNeverLater() {
    var random = new SplittableRandom(3);
    for (int round = 0; round < 2_000; round++) {
      double safety = random.nextDouble();
      double nanos = random.nextDouble() * 5e6;
      for (Stop by : new Stop[] {Stop.HEAD, Stop.PRODUCT, Stop.CONFIDENCE}) {
        ChainRule rule = round % 2 == 0 ? new ChainRule.Paying(by, 0.2 + random.nextDouble()) : new ChainRule.Risk(by, random.nextDouble());
        boolean now = rule.goesOn(chain(safety, safety), TERMS, nanos);
        double safer = safety + (1 - safety) * random.nextDouble();
        if (now) assertTrue(rule.goesOn(chain(safer, safer), TERMS, nanos / 2));
      }
    }
  }

  @Test
  void riskIsOfTheLastDraftOrOfAnyOfThem() {
    Chain chain = chain(0.9, 0.8);
    chain.add(6, 0.9, 0.9, 0.9, 0.8);
    assertEquals(0.9, ChainRule.safety(Stop.CONFIDENCE, chain), 1e-12);
    assertEquals(0.64, ChainRule.safety(Stop.PRODUCT, chain), 1e-12);
    assertEquals(0.64, ChainRule.safety(Stop.HEAD, chain), 1e-12);
    assertTrue(new ChainRule.Risk(Stop.HEAD, 1).goesOn(chain, TERMS, 0), "all risk is borne");
    assertFalse(new ChainRule.Risk(Stop.HEAD, 0).goesOn(chain, TERMS, 0), "none is");
    assertTrue(new ChainRule.Risk(Stop.HEAD, 0).goesOn(new Chain(1), TERMS, 0), "of nothing there is none");
    assertThrows(IllegalArgumentException.class, () -> ChainRule.safety(Stop.FIXED, chain));
  }

  @Test
  void theHeuristicTakesTwoMoreOrOneLess() {
    var rule = new ChainRule.Heuristic();
    Chain chain = new Chain(16);
    assertEquals(5, length(rule, chain));
    chain.test(5);
    chain.learn(5);
    assertEquals(7, length(rule, chain));
    chain.test(7);
    chain.learn(6);
    assertEquals(6, length(rule, chain));
    for (int i = 0; i < 9; i++) {
      chain.test(length(rule, chain));
      chain.learn(0);
    }
    assertEquals(1, length(rule, chain));
    chain.learn(0); // nothing was tested since
    assertEquals(1, length(rule, chain));
  }

  private static int length(ChainRule rule, Chain chain) {
    chain.clear();
    while (chain.size() < 16 && rule.goesOn(chain, TERMS, 0)) chain.add(1, 0.5, 0.5, 0.5, 0.5);
    return chain.size();
  }

  private static Chain chain(double said, double probable) {
    Chain chain = new Chain(4);
    chain.add(5, said, said, said, probable);
    return chain;
  }

  @Test
  void aCardChoosesWorthsAndARequestThresholds() {
    StopCard card = StopCard.parse(json("\"format\":2").getBytes(StandardCharsets.UTF_8));
    assertEquals(new StopCard("abc", 0.4, 0.6, 0.75), card);
    assertEquals(new ChainRule.Paying(Stop.HEAD, 0.4), StopCard.rule(new SpecDec(null, 8, Double.NaN, true), Stop.HEAD, card));
    assertEquals(new ChainRule.Risk(Stop.HEAD, 0.2), StopCard.rule(new SpecDec(null, 8, 0.2, true), Stop.HEAD, card));
    assertEquals(new ChainRule.Risk(Stop.CONFIDENCE, 0.75), StopCard.rule(new SpecDec(null, 8, Double.NaN, true), Stop.CONFIDENCE, card));
    assertEquals(new ChainRule.Fixed(4), StopCard.rule(new SpecDec(Stop.FIXED, 4, Double.NaN, true), Stop.FIXED, card));
    assertTrue(StopCard.rule(SpecDec.DEFAULT, Stop.PRODUCT, null) instanceof ChainRule.Paying);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"format\":1", "\"format\":2,\"features\":[]", "\"format\":2,\"rules\":{}", "\"format\":2,\"rules\":{\"head\":{\"worth\":0}}"})
  void aCardThatCannotBeUsedSaysWhy(String wrong) {
    var refused = assertThrows(IllegalArgumentException.class, () -> StopCard.parse(json(wrong).getBytes(StandardCharsets.UTF_8)));
    assertTrue(refused.getMessage().startsWith("acceptance.json: "), refused.getMessage());
  }

  /** A card in which {@code fields} stand in for those of a good one. */
  private static String json(String fields) {
    StringBuilder json = new StringBuilder("{" + fields + ",\"heads\":\"abc\"");
    if (!fields.contains("features")) json.append(",\"features\":[\"").append(String.join("\",\"", StopCard.FEATURES)).append("\"]");
    if (!fields.contains("rules")) json.append(",\"rules\":{\"head\":{\"worth\":0.4},\"product\":{\"worth\":0.6},\"confidence\":{\"risk\":0.75}}");
    return json.append("}").toString();
  }
}
