package io.headrace.model;

/** Hears how far loading has come, on the loading thread. */
@FunctionalInterface
public interface LoadProgress {
  /** Nobody listens. */
  LoadProgress IGNORED = (done, total) -> {};

  /** {@code done} of {@code total} stored bytes are in memory; the last call has both equal. */
  void loaded(long done, long total);
}
