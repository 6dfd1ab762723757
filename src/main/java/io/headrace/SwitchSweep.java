package io.headrace;

import io.headrace.bench.SwitchTrace;
import io.headrace.decode.EntropySwitch;
import io.headrace.decode.EntropyTurns;
import java.util.List;

/**
 * How near to the target a pair of models keeps that takes turns by entropy, if it is led along the target's own text: at every token the
 * row of whoever's turn it is stands against the target's.
 *
 * @param threshold bits
 * @param share of tokens that are the target's, in [0, 1]
 * @param switches per thousand tokens
 * @param divergence mean KL(target, row taken), nats
 * @param agreement share of tokens at which the row taken holds the target's choice likeliest
 * @param randomDivergence what {@code divergence} would be if the same share were drawn by lot
 * @param randomAgreement likewise
 * @param time of the passes relative to the target's alone, without what a model computes to catch up
 */
record SwitchSweep(
    double threshold, double share, double switches, double divergence, double agreement, double randomDivergence, double randomAgreement, double time) {

  /** Plays one rule over all traces, of which there is at least one with a token; every trace begins on the target. */
  static SwitchSweep of(List<SwitchTrace> traces, EntropySwitch rule, int window) {
    long tokens = 0;
    long byTarget = 0;
    long switches = 0;
    double divergence = 0;
    double every = 0;
    long agreed = 0;
    long wouldAgree = 0;
    double targetNanos = 0;
    double companionNanos = 0;
    for (SwitchTrace trace : traces) {
      EntropyTurns turns = new EntropyTurns(rule, window, true);
      for (int i = 0; i < trace.tokens(); i++) {
        boolean onTarget = turns.onTarget();
        turns.saw(onTarget ? trace.targetBits()[i] : trace.companionBits()[i]);
        every += trace.divergence()[i];
        wouldAgree += trace.agree()[i] ? 1 : 0;
        byTarget += onTarget ? 1 : 0;
        agreed += onTarget || trace.agree()[i] ? 1 : 0;
        divergence += onTarget ? 0 : trace.divergence()[i];
        if (turns.passes() && i + 1 < trace.tokens()) switches++;
      }
      tokens += trace.tokens();
      targetNanos += trace.targetNanos();
      companionNanos += trace.companionNanos();
    }
    double share = (double) byTarget / tokens;
    return new SwitchSweep(
        rule.threshold(),
        share,
        1000.0 * switches / tokens,
        divergence / tokens,
        (double) agreed / tokens,
        (1 - share) * every / tokens,
        share + (1 - share) * wouldAgree / tokens,
        share + (1 - share) * companionNanos / targetNanos);
  }
}
