package io.headrace.generation;

/** Why a generation that was accepted could not be finished. */
public sealed interface Failure {
  /** What happened and what to do, for the caller. */
  String message();

  /** The kernels refused or the model computed something that is no number. */
  record Internal(String message) implements Failure {}

  /** The sequence alone needs more key/value memory than the server has. */
  record OutOfKvMemory(String message) implements Failure {}

  /** The server is stopping and its time for finishing is over. */
  record ShuttingDown(String message) implements Failure {}
}
