package io.headrace.decode.medusa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A request's own trust begins at that of all and goes where its guesses lead. */
class OwnTrustTest {
  private static double after(int guesses, double trusted, double truth) {
    SplittableRandom random = new SplittableRandom(1);
    OwnTrust own = new OwnTrust();
    for (int i = 0; i < guesses; i++) own.saw(trusted, random.nextDouble() < truth);
    return own.of(trusted);
  }

  @Test
  void withoutAnyGuessItIsThatOfAll() {
    assertEquals(0.37, new OwnTrust().of(0.37));
  }

  @Test
  void itFollowsTheRequest() {
    assertEquals(0.3, after(3000, 0.6, 0.3), 0.08);
    assertEquals(0.8, after(3000, 0.5, 0.8), 0.08);
    assertEquals(0.6, after(3000, 0.6, 0.6), 0.08);
  }

  @Test
  void aFewGuessesMoveItALittle() {
    double three = after(3, 0.6, 0);
    assertTrue(three < 0.6 && three > 0.35, () -> "three wrong guesses make 0.6 to " + three);
  }

  @Test
  void itIsAProbability() {
    OwnTrust own = new OwnTrust();
    for (int i = 0; i < 100; i++) own.saw(0.4, true);
    assertEquals(1, own.of(0.9));
    assertTrue(after(1000, 1, 0) >= 0);
  }
}
