// Scores of one row over a chunk to packed probabilities in place: m = exact maximum of the first n, p = exp(s - m), l = 16
// lane sums over ascending vectors, then the tree. Whole vectors are written: lanes from n on become +0. P: a
// page format (half_pages.h).
#pragma once
#include "cpu/exp/exp.h"

namespace headrace {

template <class V, class P>
inline void softmax_chunk(float* s, int n, float* m, float* l) noexcept {
  using F = typename V::F;
  const int full = n / 16;
  const int tail = n % 16;
  const F lowest = V::set(-__builtin_inff());
  F top = lowest;
  for (int i = 0; i < full; ++i) top = V::max(V::load(s + 16 * i), top);
  if (tail != 0) top = V::max(V::first_or(tail, V::load(s + 16 * full), lowest), top);
  const float greatest = V::greatest(top);
  const F shift = V::set(greatest);
  F sums = V::zero();
  for (int i = 0; i < full; ++i) {
    const F p = P::round(exp_lanes<V>(V::sub(V::load(s + 16 * i), shift)));
    sums = V::add(sums, p);
    V::store(s + 16 * i, p);
  }
  if (tail != 0) {
    const F p = V::first(tail, P::round(exp_lanes<V>(V::sub(V::load(s + 16 * full), shift))));
    sums = V::add(sums, p);
    V::store(s + 16 * full, p);
  }
  P::pack(s, (n + 15) / 16 * 16, s);
  *m = greatest;
  *l = V::sum(sums);
}

}  // namespace headrace
