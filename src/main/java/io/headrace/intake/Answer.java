package io.headrace.intake;

import java.util.function.Function;

/** What the front desk gives back: a value, or the reason why there is none. */
public sealed interface Answer<T> {
  record Given<T>(T value) implements Answer<T> {}

  record Refused<T>(Rejection rejection) implements Answer<T> {}

  static <T> Answer<T> of(T value) {
    return new Given<>(value);
  }

  static <T> Answer<T> refused(Rejection rejection) {
    return new Refused<>(rejection);
  }

  /** Goes on with the value, or passes the refusal on. */
  default <R> Answer<R> then(Function<T, Answer<R>> next) {
    return switch (this) {
      case Given<T>(T value) -> next.apply(value);
      case Refused<T>(Rejection rejection) -> refused(rejection);
    };
  }
}
