// How undecided a row is: the two sums that the entropy of its softmax is made of, as integers.
//
// With x = value - largest (0 where that is not below 0), w its weight at inverse 1 (weigh.h) and t = rint(w * -x), both
// integers that float32 holds: mass = the sum of all w, loss = that of all t. Where w is 0 so is t. The entropy in nats is
// ln(mass / 2^40) + loss / mass.
//
// Sums    as in weigh.h: in double within a span, where they stay below 2^46, in int64 beyond; exact, so their order is nothing.
#pragma once
#include <cstdint>

#include "cpu/exp/exp.h"
#include "cpu/peaks/peaks.h"

namespace headrace {

struct EntropySums {
  std::int64_t mass;
  std::int64_t loss;
};

template <class V>
inline void entropy_of(typename V::F v, typename V::F largest, typename V::Wide* mass, typename V::Wide* loss) noexcept {
  using F = typename V::F;
  const F below = V::sub(v, largest);
  const F x = V::select_less(below, V::zero(), below, V::zero());
  const F w = V::rint(V::mul(exp_lanes<V>(x), V::set(0x1p40f)));
  // Weights end long before -88; a product with an infinity would be no number.
  const F end = V::set(-88.0f);
  const F t = V::rint(V::mul(w, V::neg(V::select_less(x, end, end, x))));
  *mass = V::add_wide(*mass, w);
  *loss = V::add_wide(*loss, t);
}

template <class V>
EntropySums entropy_sums(const float* x, long n, float largest) noexcept {
  const typename V::F most = V::set(largest);
  EntropySums sums = {0, 0};
  float part[16];
  for (long first = 0; first < n; first += kSpan) {
    typename V::Wide mass = V::zero_wide();
    typename V::Wide loss = V::zero_wide();
    for (long i = first; i < first + kSpan && i < n; i += 16) {
      const float* from = x + i;
      if (n - i < 16) {
        for (int j = 0; j < 16; ++j) part[j] = i + j < n ? x[i + j] : -__builtin_inff();
        from = part;
      }
      entropy_of<V>(V::load(from), most, &mass, &loss);
    }
    sums.mass += static_cast<std::int64_t>(V::sum_wide(mass));
    sums.loss += static_cast<std::int64_t>(V::sum_wide(loss));
  }
  return sums;
}

}  // namespace headrace
