package io.headrace.store;

/**
 * Hears how a pull goes, on the pulling thread. Must return quickly; an exception from it ends the
 * pull.
 */
@FunctionalInterface
public interface ProgressListener {
  void on(Progress progress);

  /** One that hears nothing. */
  static ProgressListener silent() {
    return progress -> {};
  }
}
