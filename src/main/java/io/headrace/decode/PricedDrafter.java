package io.headrace.decode;

/**
 * A drafter whose offers have a price. It first says what they usually are, so that it is decided before anything is computed whether that pays; what
 * several of a step compute is computed together.
 */
public interface PricedDrafter extends Drafter {
  /**
   * Says what it would probably offer now; nothing if it could not.
   *
   * @param usual empty; to be filled, best first
   */
  void expect(SequenceView sequence, StepTerms terms, int most, Offer usual);

  /** Says what it may offer where guesses are as good as they get: what is lost if that is never tried. */
  void hope(StepTerms terms, int most, Offer good);

  /** Nanoseconds that offers of so many sequences of a step take together. */
  double nanos(int sequences);

  /** It will be asked to {@link #offer} in this step. */
  void enlist(SequenceView sequence, StepTerms terms);
}
