package io.headrace.intake.cascade;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.headrace.intake.cascade.Judge.Exchange;
import io.headrace.intake.cascade.Judge.Token;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class JudgeTest {
  private static final Exchange ASKED =
      new Exchange("2 + 2?", "4", List.of(new Token(-0.5, List.of(-0.5)), new Token(-1.5, List.of(-1.5))));
  private static final Reference RIGHT = new Reference("1 + 1?", "2", true);
  private static final Reference WRONG = new Reference("3 + 3?", "7", false);

  @Test
  void theMeanOfLogProbabilitiesIsFree() {
    MeanLogprob judge = new MeanLogprob();
    assertEquals(List.of(), judge.questions(ASKED));
    assertEquals(-1, judge.score(ASKED, List.of()));
    assertTrue(Double.isNaN(judge.score(new Exchange("q", "", List.of()), List.of())), "nothing is said of an empty answer");
  }

  @Test
  void theEntropyOfACertainTokenIsNothingAndThatOfAFairCoinIsLn2() {
    double half = Math.log(0.5);
    Exchange coin = new Exchange("q", "a", List.of(new Token(half, List.of(half, half)), new Token(half, List.of(half))));
    assertEquals(-Math.log(2), new MeanEntropy().score(coin, List.of()), 1e-12);
    Exchange certain = new Exchange("q", "a", List.of(new Token(0, List.of(0.0, Double.NEGATIVE_INFINITY))));
    assertEquals(0, new MeanEntropy().score(certain, List.of()), 0);
  }

  @Test
  void selfJudgementIsTheShareOfYes() {
    SelfJudgement judge = new SelfJudgement();
    assertEquals(1, judge.questions(ASKED).size());
    assertTrue(judge.questions(ASKED).getFirst().contains("2 + 2?"));
    assertEquals(0.75, judge.score(ASKED, List.of(reply("Yes", 0.2, " yes", 0.1, "No", 0.1, "It", 0.6))), 1e-12);
    assertTrue(Double.isNaN(judge.score(ASKED, List.of(Reply.NONE))));
  }

  @Test
  void everyReferenceIsComparedInBothOrders() {
    List<String> questions = MetaRanking.of(List.of(RIGHT, WRONG)).questions(ASKED);
    assertEquals(4, questions.size());
    assertTrue(questions.get(0).contains("Question A: 1 + 1?") && questions.get(0).contains("Question B: 2 + 2?"));
    assertTrue(questions.get(1).contains("Question A: 2 + 2?") && questions.get(1).contains("Question B: 1 + 1?"));
  }

  @Test
  void aJudgeThatOnlyFavoursAPlaceSaysNothing() {
    MetaRanking judge = MetaRanking.of(List.of(RIGHT, WRONG));
    Reply biased = reply("A", 0.8, "B", 0.1);
    assertEquals(0, judge.score(ASKED, List.of(biased, biased, biased, biased)), 1e-12);
  }

  @Test
  void swappingTargetAndReferenceTurnsTheComparisonRound() {
    Reply one = reply("A", 0.5, "B", 0.2, "E", 0.1);
    Reply other = reply("A", 0.3, "B", 0.4);
    assertEquals(-MetaRanking.compared(one, other), MetaRanking.compared(other, one), 1e-12);
  }

  @Test
  void theScoreRisesWithEveryComparisonWonAndStaysInItsRange() {
    MetaRanking judge = MetaRanking.of(List.of(RIGHT, WRONG));
    Reply firstWins = reply("A", 1);
    Reply secondWins = reply("B", 1);
    List<Reply> none = List.of(firstWins, secondWins, firstWins, secondWins);
    List<Reply> all = List.of(secondWins, firstWins, secondWins, firstWins);
    assertEquals(-2, judge.score(ASKED, none), 1e-12);
    assertEquals(2, judge.score(ASKED, all), 1e-12);
    double before = judge.score(ASKED, none);
    List<Reply> replies = new ArrayList<>(none);
    for (int i = 0; i < 4; i++) {
      replies.set(i, all.get(i));
      double now = judge.score(ASKED, replies);
      assertTrue(now > before);
      before = now;
    }
  }

  @Test
  void aTieWithARightReferenceSpeaksForAndOneWithAWrongReferenceAgainst() {
    Reply tie = reply("E", 1);
    assertEquals(0.25, new MetaRanking(List.of(RIGHT), 1, 0.25, 1, 0.25).score(ASKED, List.of(tie, tie)), 1e-12);
    assertEquals(-0.5, new MetaRanking(List.of(WRONG), 1, 0.25, 2, 0.25).score(ASKED, List.of(tie, tie)), 1e-12);
  }

  @Test
  void whatCannotBeAskedSaysNothing() {
    assertEquals(0, MetaRanking.of(List.of(RIGHT)).score(ASKED, List.of(Reply.NONE, Reply.NONE)));
  }

  @Test
  void badReferencesAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Reference(" ", "a", true));
    assertThrows(IllegalArgumentException.class, () -> new Reference("q", "", true));
    assertThrows(IllegalArgumentException.class, () -> MetaRanking.of(List.of()));
    assertThrows(IllegalArgumentException.class, () -> new MetaRanking(List.of(RIGHT), 0, 0, 1, 0));
    assertThrows(IllegalArgumentException.class, () -> new MetaRanking(List.of(RIGHT), 1, 2, 1, 0));
  }

  private static Reply reply(Object... textsAndProbabilities) {
    List<Reply.Beginning> beginnings = new ArrayList<>();
    for (int i = 0; i < textsAndProbabilities.length; i += 2) {
      double p = ((Number) textsAndProbabilities[i + 1]).doubleValue();
      beginnings.add(new Reply.Beginning((String) textsAndProbabilities[i], Math.log(p)));
    }
    return new Reply(beginnings);
  }
}
