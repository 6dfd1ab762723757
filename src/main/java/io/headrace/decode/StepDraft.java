package io.headrace.decode;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the sequences of one step that leave it to the server draft, decided for all of them at once when the first of them proposes.
 *
 * <ol>
 *   <li>Where even right guesses would gain nothing, or {@link StepTerms#drafts} says that drafting has to rest, nothing is looked at.
 *   <li>What is free is offered. Whether priced drafters are asked, and of which sequences, those first from whom most is expected, is decided by what they
 *       usually offer, at the price of asking so many: where nobody's expected gain covers the reading of the heads, they are not read.
 *   <li>{@link JointPolicy} chooses among the offers.
 *   <li>What does not pay by what is known may be wrong: it is tried where {@link StepTerms#mayTry} finds the expected loss within its budget.
 * </ol>
 *
 * <p>Thread: engine thread; one for an engine, begun anew with every step.
 */
public final class StepDraft {
  private final JointPolicy policy = JointPolicy.DEFAULT;
  private final List<AutoDecoding> members = new ArrayList<>();
  private final List<Offer> offers = new ArrayList<>();
  private final List<AutoDecoding> asked = new ArrayList<>();
  private int[] taken = new int[8];
  private boolean decided;
  private boolean active;
  private double nanos;

  /** A step begins. */
  public void begin() {
    members.clear();
    decided = false;
    active = false;
    nanos = 0;
  }

  /** Whether anything was drafted or computed for drafts in this step. */
  public boolean active() {
    return active;
  }

  /** Nanoseconds that what was computed for drafts in this step usually takes. */
  public double nanos() {
    return nanos;
  }

  void join(AutoDecoding member) {
    members.add(member);
  }

  /** Decides, unless that is done. */
  void decide(StepTerms terms) {
    if (decided) return;
    decided = true;
    int count = members.size();
    if (taken.length < count) taken = new int[2 * count];
    int most = 0;
    for (int i = 0; i < count; i++) most += members.get(i).most();
    if (!terms.drafts() || JointPolicy.limit(most, terms) <= 1 + policy.margin()) return;
    for (int i = 0; i < count; i++) members.get(i).offerFree(terms);
    boolean tried = ask(count, terms);
    offers.clear();
    for (int i = 0; i < count; i++) offers.add(members.get(i).offer(terms));
    active = !asked.isEmpty();
    if (active) nanos = asked.getFirst().pricedNanos(asked.size());
    double worth = policy.choose(offers, count, 0, terms, taken);
    if (worth <= 1 && !tried) {
      double least = policy.least(offers, count, 0, terms, taken);
      if (least <= 0 || !terms.mayTry(1 / least - 1)) Arrays.fill(taken, 0, count, 0);
    }
    for (int i = 0; i < count; i++) {
      members.get(i).granted(taken[i]);
      active |= taken[i] > 0;
    }
  }

  /** Has priced drafters compute their offers where that is expected to pay; whether that was a trial. */
  private boolean ask(int count, StepTerms terms) {
    asked.clear();
    for (int i = 0; i < count; i++) {
      if (members.get(i).expectPriced(terms)) asked.add(members.get(i));
    }
    if (asked.isEmpty()) return false;
    asked.sort((a, b) -> Double.compare(b.expected(), a.expected()));
    offers.clear();
    for (int i = 0; i < count; i++) offers.add(members.get(i).free());
    double most = policy.choose(offers, count, 0, terms, taken);
    int best = 0;
    for (int some = 1; ; some = Math.min(2 * some, asked.size())) {
      offers.clear();
      for (int i = 0; i < count; i++) offers.add(members.get(i).free());
      for (int i = 0; i < some; i++) offers.set(members.indexOf(asked.get(i)), asked.get(i).usual());
      double worth = policy.choose(offers, count, asked.get(0).pricedNanos(some), terms, taken);
      if (worth > most) {
        most = worth;
        best = some;
      }
      if (some == asked.size()) break;
    }
    boolean trial = best == 0 && worthTrying(terms);
    if (trial) best = asked.size();
    asked.subList(best, asked.size()).clear();
    for (int i = 0; i < best; i++) asked.get(i).enlist(terms);
    return trial;
  }

  private boolean worthTrying(StepTerms terms) {
    int count = asked.size();
    double price = asked.get(0).pricedNanos(count);
    offers.clear();
    for (int i = 0; i < count; i++) offers.add(asked.get(i).good(terms));
    return policy.choose(offers, count, price, terms, taken) > 1 && terms.mayTry(price / terms.nanos());
  }
}
