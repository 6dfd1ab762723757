package io.headrace.engine;

import io.headrace.generation.RequestId;
import io.headrace.kv.PoolSnapshot;
import java.util.concurrent.CompletableFuture;

/** What other threads tell the engine thread. */
sealed interface EngineMessage {
  record Submit(Sequence sequence) implements EngineMessage {}

  record Cancel(RequestId id) implements EngineMessage {}

  record Photograph(CompletableFuture<PoolSnapshot> answer) implements EngineMessage {}
}
