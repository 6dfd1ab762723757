package io.headrace.intake;

import io.headrace.text.StopMatcher;
import io.headrace.text.StreamingDetokenizer;
import io.headrace.text.Tokenizer;
import io.headrace.generation.StopRule;
import io.headrace.engine.StopProbe;
import org.jspecify.annotations.Nullable;

/** Looks for stop strings in an output's text, token by token, for the engine. Thread: the engine's. */
public final class StopText implements StopProbe {
  private final StreamingDetokenizer text;
  private final StopMatcher stops;

  public StopText(Tokenizer tokenizer, StopRule rule) {
    this.text = tokenizer.detokenizer(true);
    this.stops = new StopMatcher(rule.strings(), rule.includeStopString());
  }

  @Override
  public @Nullable String push(int token, boolean armed) {
    String piece = text.push(token);
    if (armed) stops.push(piece);
    return stops.matched();
  }
}
