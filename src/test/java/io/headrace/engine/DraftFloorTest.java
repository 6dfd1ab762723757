package io.headrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code auto} is worth in worlds of which everything is known: never much less than plain decoding, and much more where there is much to have. */
final class DraftFloorTest {
  private static final double FLOOR = 0.98;

  /** Where a neighbour is so busy that the clock shows up to two and a half times what a step takes. */
  private static final double NOISY_FLOOR = 0.97;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 6, 8, 12, 32})
  void noNumberOfSequencesIsSlowerForIt(int batch) {
    holds(FLOOR, DraftWorld.drawn(batch), batch);
    holds(FLOOR, DraftWorld.hopeless(batch).noise(0.2, 0.005), batch);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.05, 0.3})
  void neitherAreHeadsThatCostMuchAndGuessLittle(double cost) {
    for (double right : new double[] {0, 0.3}) {
      holds(FLOOR, DraftWorld.alpaca(1).headCost(cost).right(right, right, right).noise(0.2, 0), 1);
      holds(FLOOR, DraftWorld.alpaca(8).headCost(cost).right(right, right, right).noise(0.2, 0), 8);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 1})
  void norRowsThatCostWhateverTheyCost(double perRow) {
    for (double kept : new double[] {0.1, 1}) {
      holds(FLOOR, DraftWorld.alpaca(1).on(DraftMachine.line(perRow)).kept(kept), 1);
      holds(FLOOR, DraftWorld.alpaca(8).on(DraftMachine.line(perRow)).kept(kept), 8);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void norATextOrAMachineThatChanges(int batch) {
    DraftWorld good = DraftWorld.gsm(batch);
    holds(FLOOR, good.then(DraftWorld.hopeless(batch)), batch);
    holds(FLOOR, DraftWorld.hopeless(batch).then(good), batch);
    holds(FLOOR, good.then(good.on(DraftMachine.line(0.3))), batch);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8})
  void norAMachineWithABusyNeighbour(int batch) {
    holds(NOISY_FLOOR, DraftWorld.drawn(batch).besideNeighbour(), batch);
    holds(NOISY_FLOOR, DraftWorld.hopeless(batch).besideNeighbour(), batch);
  }

  @Test
  void norAnyOfManyWorlds() {
    var random = new SplittableRandom(11);
    for (int i = 0; i < 8; i++) holds(FLOOR, DraftWorld.any(random), i);
  }

  @Test
  void whatThereIsToHaveIsHad() {
    gains(1.43, DraftWorld.alpaca(1));
    gains(1.82, DraftWorld.gsm(1));
    gains(1.58, DraftWorld.gsm(2));
    gains(1.17, DraftWorld.alpaca(4));
    gains(1.30, DraftWorld.gsm(4));
    gains(1.03, DraftWorld.gsm(8));
  }

  @Test
  void aBusyNeighbourTakesLittleOfThat() {
    gains(1.35, DraftWorld.alpaca(1).besideNeighbour());
    gains(1.65, DraftWorld.gsm(1).besideNeighbour());
  }

  @Test
  void whatComesLaterIsHadToo() {
    gains(1.3, DraftWorld.hopeless(1).then(DraftWorld.gsm(1)));
    gains(1.1, DraftWorld.hopeless(4).then(DraftWorld.gsm(4)));
  }

  @Test
  void headsThatGuessNothingAreHardlyRead() {
    double share = DraftSimulation.auto(DraftWorld.hopeless(8), 1).headShare();
    assertTrue(share < 0.006, "heads take %.3f of the time".formatted(share));
  }

  @Test
  void equalWorldsGiveEqualFigures() {
    DraftWorld world = DraftWorld.alpaca(4).groups(2);
    assertEquals(DraftSimulation.auto(world, 3), DraftSimulation.auto(world, 3));
  }

  private static void holds(double floor, DraftWorld world, long seed) {
    double gain = DraftSimulation.gain(world, seed);
    assertTrue(gain >= floor, () -> "%.3f of plain decoding, expected %.2f: %s".formatted(gain, floor, world));
  }

  private static void gains(double least, DraftWorld world) {
    double gain = (DraftSimulation.gain(world, 1) + DraftSimulation.gain(world, 2)) / 2;
    assertTrue(gain >= least, () -> "%.3f of plain decoding, expected %.2f: %s".formatted(gain, least, world));
  }
}
