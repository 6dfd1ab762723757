package io.headrace.train;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class HeldOutTest {
  private static final String CLIPS =
      "Natalia sold clips to 48 of her friends in April, and then she sold half as many clips in May. How many clips did Natalia sell altogether?";

  private final HeldOut held = new HeldOut(List.of(CLIPS, "Calculate the atomic mass for lithium.", "Why?"));

  @Test
  void theSameWordsAreHeldOutWhateverTheirSpelling() {
    assertTrue(held.covers(CLIPS));
    assertTrue(held.covers("  calculate THE atomic-mass for lithium  "));
    assertTrue(held.covers("why"));
  }

  @Test
  void aFewWordsMoreOrOthersDoNotHideAPrompt() {
    assertTrue(held.covers(CLIPS.replace("Natalia", "Mary")), "another name");
    assertTrue(held.covers("Please answer with a number only. " + CLIPS + " Explain each step and then give the sum of all of them again."));
  }

  @Test
  void anotherPromptIsNotHeldOut() {
    assertFalse(held.covers("How many clips did she sell?"));
    assertFalse(held.covers("Calculate the atomic number of all elements up to lithium, and say why it grows."));
    assertFalse(held.covers("Why do cats purr?"));
    assertFalse(held.covers(""));
  }
}
