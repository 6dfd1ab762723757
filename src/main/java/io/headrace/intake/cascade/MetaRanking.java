package io.headrace.intake.cascade;

import java.util.ArrayList;
import java.util.List;

/**
 * Meta ranking: has a model compare the answer, together with its question, with answers to other questions of which it is known
 * whether they are right. To beat or tie a right one speaks for the answer, to lose to or tie a wrong one against it.
 *
 * <p>Every pair is shown in both orders and the two comparisons are averaged, since weak judges favour a place. With {@code s} in [-1, 1] for
 * the comparison with one reference, the score is the sum of {@code right * (s + rightTie)} over right references and of {@code wrong * (s -
 * wrongTie)} over wrong ones. The paper's own wording and weights are not published; these are a reconstruction.
 *
 * @param references at least one
 * @param right weight of a right reference, above 0
 * @param rightTie how much a tie with a right reference is worth, in [0, 1]
 * @param wrong weight of a wrong reference, above 0
 * @param wrongTie how much a tie with a wrong reference costs, in [0, 1]
 */
public record MetaRanking(List<Reference> references, double right, double rightTie, double wrong, double wrongTie) implements Judge {
  private static final String FIRST = "A";
  private static final String SECOND = "B";
  private static final String EQUAL = "E";

  public MetaRanking {
    references = List.copyOf(references);
    if (references.isEmpty()) throw new IllegalArgumentException("meta ranking needs a reference");
    if (!(right > 0) || !(wrong > 0)) throw new IllegalArgumentException("weights must be above 0");
    if (!(rightTie >= 0 && rightTie <= 1) || !(wrongTie >= 0 && wrongTie <= 1)) throw new IllegalArgumentException("ties must be in [0, 1]");
  }

  /** All references weigh the same and a tie is worth nothing. */
  public static MetaRanking of(List<Reference> references) {
    return new MetaRanking(references, 1, 0, 1, 0);
  }

  @Override
  public int alternatives() {
    return 0;
  }

  /** Two for each reference: it comes first in the one, which a prefix cache remembers, and second in the other. */
  @Override
  public List<String> questions(Exchange exchange) {
    List<String> questions = new ArrayList<>(2 * references.size());
    for (Reference reference : references) {
      questions.add(comparison(reference.question(), reference.answer(), exchange.question(), exchange.answer()));
      questions.add(comparison(exchange.question(), exchange.answer(), reference.question(), reference.answer()));
    }
    return questions;
  }

  @Override
  public double score(Exchange exchange, List<Reply> replies) {
    double score = 0;
    for (int i = 0; i < references.size(); i++) {
      double s = compared(replies.get(2 * i), replies.get(2 * i + 1));
      score += references.get(i).correct() ? right * (s + rightTie) : wrong * (s - wrongTie);
    }
    return score;
  }

  /** How the answer does beside a reference, in [-1, 1]: the first reply saw it second, the second saw it first. */
  static double compared(Reply second, Reply first) {
    return (preference(second, SECOND, FIRST) + preference(first, FIRST, SECOND)) / 2;
  }

  /** The probability of one label less that of the other, among those that may be replied; 0 where none of them is. */
  private static double preference(Reply reply, String answer, String reference) {
    double won = reply.of(answer);
    double lost = reply.of(reference);
    double all = won + lost + reply.of(EQUAL);
    return all > 0 ? (won - lost) / all : 0;
  }

  private static String comparison(String questionA, String answerA, String questionB, String answerB) {
    return """
        Below are two questions, each with an answer. Which answer is more likely to be correct for its own question?

        Question A: %s
        Answer A: %s

        Question B: %s
        Answer B: %s

        Reply with one letter: %s, %s, or %s if they are equally good."""
        .formatted(questionA, answerA, questionB, answerB, FIRST, SECOND, EQUAL);
  }
}
