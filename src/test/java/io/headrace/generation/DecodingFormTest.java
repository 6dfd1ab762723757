package io.headrace.generation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DecodingFormTest {
  @Test
  void aNameAloneTakesTheDefaults() {
    assertEquals(new DecodingChoice.Plain(), DecodingForm.parse("plain"));
    assertEquals(DecodingChoice.Ngram.DEFAULT, DecodingForm.parse("ngram"));
    assertEquals(DecodingChoice.Auto.DEFAULT, DecodingForm.parse(" auto "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"plain", "ngram", "auto", "medusa", "specdec", "entropy"})
  void everyNameNamesItsChoice(String name) {
    assertEquals(name, DecodingForm.parse(name).word());
  }

  @Test
  void optionsAreNumbersOrTheirTexts() {
    var wanted = new DecodingChoice.Ngram(3, 8, 4);
    assertEquals(wanted, DecodingForm.parse("ngram, shortest_match=3, longest_match=8,most_drafted=4"));
    assertEquals(wanted, DecodingForm.of("ngram", Map.of("shortest_match", 3, "longest_match", 8.0, "most_drafted", 4L)));
    assertEquals(new DecodingChoice.Ngram(1, 32, 1), DecodingForm.of("ngram", Map.of("most_drafted", "1")));
  }

  @Test
  void switchingTakesNumbersAndNames() {
    assertEquals(DecodingChoice.Entropy.DEFAULT, DecodingForm.parse("entropy"));
    var wanted = new DecodingChoice.Entropy("small", 1.5, 3, 12, 0.25, false);
    assertEquals(wanted, DecodingForm.parse("entropy,companion=small,threshold=1.5,window=3,dwell=12,hysteresis=0.25,start=companion"));
    assertEquals(
        wanted,
        DecodingForm.of(
            "entropy", Map.of("companion", "small", "threshold", 1.5, "window", 3, "dwell", 12L, "hysteresis", 0.25f, "start", "companion")));
  }

  @Test
  void fusionNamesItsModelsInAListOrInOneText() {
    var wanted = new DecodingChoice.Fusion("base", List.of("maths", "law"), OptionalDouble.empty());
    assertEquals(wanted, DecodingForm.parse("fusion,base=base,experts=maths+law"));
    assertEquals(wanted, DecodingForm.of("fusion", Map.of("base", "base", "experts", List.of("maths", "law"), "alpha", "dynamic")));
    var fixed = new DecodingChoice.Fusion("base", List.of("maths"), OptionalDouble.of(0.5));
    assertEquals(fixed, DecodingForm.of("fusion", Map.of("base", "base", "experts", List.of("maths"), "alpha", 0.5)));
    assertEquals(fixed, DecodingForm.parse("fusion,base=base,experts=maths,alpha=0.5"));
  }

  @Test
  void aCascadeNeedsASmallModelAndTakesTheJudgesUsualThreshold() {
    assertEquals(new DecodingChoice.Cascade("s", CascadeJudge.LOGPROB, -0.5), DecodingForm.parse("cascade,small=s"));
    assertEquals(new DecodingChoice.Cascade("s", CascadeJudge.META, 0), DecodingForm.parse("cascade,small=s,judge=meta"));
    assertEquals(new DecodingChoice.Cascade("s", CascadeJudge.SELF, 0.7), DecodingForm.of("cascade", Map.of("small", "s", "judge", "self", "threshold", 0.7)));
    var never = (DecodingChoice.Cascade) DecodingForm.parse("cascade,small=s,threshold=Infinity");
    assertFalse(never.keeps(1e300));
    assertFalse(DecodingForm.parse("cascade,small=s") instanceof DecodingChoice.Cascade usual && usual.keeps(Double.NaN));
    assertTrue(new DecodingChoice.Cascade("s", CascadeJudge.SELF, Double.NEGATIVE_INFINITY).keeps(Double.NaN));
    assertEquals(new DecodingChoice.Companion("s"), DecodingForm.parse("companion,name=s"));
  }

  @Test
  void optionsCanBeWordsAndFractions() {
    assertEquals(DecodingChoice.SpecDec.DEFAULT, DecodingForm.parse("specdec"));
    assertEquals(new DecodingChoice.SpecDec(null, 8, Double.NaN, false), DecodingForm.parse("specdec,draft=heads"));
    assertEquals(new DecodingChoice.SpecDec(DecodingChoice.Stop.HEAD, 6, 0.25, true), DecodingForm.parse("specdec,stop=head,draft_tokens=6,threshold=0.25"));
    assertEquals(new DecodingChoice.SpecDec(DecodingChoice.Stop.FIXED, 3, Double.NaN, true), DecodingForm.of("specdec", Map.of("stop", "fixed")));
    assertEquals(new DecodingChoice.SpecDec(DecodingChoice.Stop.HEURISTIC, 12, Double.NaN, true), DecodingForm.of("specdec", Map.of("stop", "heuristic", "draft_tokens", 12)));
    assertEquals(new DecodingChoice.Medusa(15, DecodingChoice.Typical.DEFAULT), DecodingForm.parse("medusa,acceptance=typical"));
    assertEquals(new DecodingChoice.Medusa(7, new DecodingChoice.Typical(0.2, 0.4)), DecodingForm.parse("medusa,most_drafted=7,acceptance=typical,epsilon=0.2,delta=0.4"));
    assertEquals(DecodingChoice.Medusa.DEFAULT, DecodingForm.parse("medusa,acceptance=exact"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "lucky ~ strategy", "'' ~ strategy", "Plain ~ strategy", "plain,most_drafted=1 ~ most_drafted", "ngram,most_drafted=0 ~ most_drafted",
        "ngram,most_drafted=64 ~ most_drafted", "ngram,most_drafted=2.5 ~ most_drafted", "ngram,most_drafted=x ~ most_drafted",
        "ngram,most_drafted= ~ most_drafted", "ngram,longest_match=0 ~ longest_match", "ngram,shortest_match=3,longest_match=2 ~ longest_match", "ngram,shortest_match=9 ~ shortest_match",
        "ngram,depth=3 ~ depth", "ngram,4 ~ 4", "ngram,most_drafted=2,most_drafted=3 ~ most_drafted", "auto,shortest_match=2 ~ shortest_match",
        "medusa,tree=3 ~ tree", "entropy,threshold=-2 ~ threshold", "entropy,threshold=NaN ~ threshold", "entropy,threshold=x ~ threshold",
        "entropy,dwell=0 ~ dwell", "entropy,dwell=1.5 ~ dwell", "entropy,window=65 ~ window", "entropy,hysteresis=1 ~ hysteresis",
        "entropy,start=small ~ start", "entropy,companion= ~ companion", "entropy,tau=1 ~ tau",
        "fusion ~ base", "fusion,base=b ~ experts", "fusion,base=b,experts=a+a ~ experts", "fusion,base=b,experts=b ~ experts",
        "fusion,base=b,experts=a+ ~ experts", "fusion,base=b,experts=a,alpha=2.1 ~ alpha", "fusion,base=b,experts=a,alpha=x ~ alpha",
        "fusion,base=b,experts=1+2+3+4+5+6+7 ~ experts", "cascade ~ small", "cascade,small=s,judge=me ~ judge", "cascade,small=s,threshold=NaN ~ threshold",
        "companion ~ name",
        "medusa,tree=3 ~ tree", "medusa,acceptance=lucky ~ acceptance", "medusa,epsilon=0.1 ~ epsilon", "medusa,acceptance=typical,epsilon=0 ~ epsilon",
        "medusa,acceptance=typical,delta=NaN ~ delta", "specdec,stop=never ~ stop", "specdec,threshold=2 ~ threshold", "specdec,threshold=x ~ threshold",
        "specdec,stop=fixed,threshold=0.5 ~ threshold", "specdec,draft_tokens=0 ~ draft_tokens", "specdec,draft=none ~ draft", "specdec,most_drafted=4 ~ most_drafted"
      })
  void whatCannotBeReadIsRefusedByName(String text, String option) {
    var wrong = assertThrows(DecodingForm.Wrong.class, () -> DecodingForm.parse(text));
    assertEquals(option, wrong.option());
    assertTrue(wrong.getMessage().contains(wrong.problem()));
  }

  @Test
  void theSumOfRecordsKeepsTheIdentity() {
    var some = new DecodingRecord(Strategy.NGRAM, 3, 8, 12, 5, 10, 30, 20, 0);
    assertEquals(7, some.discarded());
    assertEquals(some.drafted(), some.tokens() - some.passes() + some.discarded());
    assertEquals(8 / 3.0, some.tokensPerPass(), 1e-12);
    assertEquals(1.5, some.overhead(), 1e-12);
    DecodingRecord twice = some.plus(some);
    assertEquals(twice.drafted(), twice.tokens() - twice.passes() + twice.discarded());
    assertTrue(Double.isNaN(DecodingRecord.none(Strategy.PLAIN).overhead()));
  }
}
