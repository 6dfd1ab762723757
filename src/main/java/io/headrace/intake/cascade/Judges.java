package io.headrace.intake.cascade;

import io.headrace.generation.CascadeJudge;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The judges of a server.
 *
 * @param references for meta ranking; empty where there are none
 */
public record Judges(List<Reference> references) {
  /** Without references. */
  public static final Judges FREE = new Judges(List.of());

  public Judges {
    references = List.copyOf(references);
  }

  /** The judge of that name; null if it lacks references. */
  public @Nullable Judge of(CascadeJudge name) {
    return switch (name) {
      case LOGPROB -> new MeanLogprob();
      case ENTROPY -> new MeanEntropy();
      case SELF -> new SelfJudgement();
      case META -> references.isEmpty() ? null : MetaRanking.of(references);
    };
  }
}
