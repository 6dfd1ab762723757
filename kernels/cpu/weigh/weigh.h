// What each entry of a row weighs in a draw, with sums over spans of 64.
//
// Weight  w = rint(exp(x) * 2^40), x = (value - largest) * inverse where that is below 0, else 0 (so too for a NaN): an
//         integer from 0 to 2^40 that float32 holds, since a float32 of 2^23 or more is one. Below `least` it counts
//         as 0.
// Sums    of integers, in double up to 64 * 2^40 and in int64 beyond: exact, so their order is nothing.
#pragma once
#include <cstdint>

#include "cpu/exp/exp.h"
#include "cpu/peaks/peaks.h"

namespace headrace {

// How a row is weighed: largest finite, inverse above 0 and finite, least 0 or above.
struct Weighing {
  float largest;
  float inverse;
  float least;
};

template <class V>
inline typename V::F weights_of(typename V::F v, typename V::F largest, typename V::F inverse,
                                typename V::F least) noexcept {
  const typename V::F x = V::mul(V::sub(v, largest), inverse);
  const typename V::F e = exp_lanes<V>(V::select_less(x, V::zero(), x, V::zero()));
  const typename V::F w = V::rint(V::mul(e, V::set(0x1p40f)));
  return V::select_less(w, least, V::zero(), w);
}

// w[i] = the weight of x[i]; sums[s] = that of w[64 s ..] together.
template <class V>
void weigh(const float* x, long n, const Weighing& how, float* w, std::int64_t* sums) noexcept {
  const typename V::F largest = V::set(how.largest);
  const typename V::F inverse = V::set(how.inverse);
  const typename V::F least = V::set(how.least);
  for (; n >= kSpan; n -= kSpan, x += kSpan, w += kSpan) {
    typename V::Wide sum = V::zero_wide();
    for (int i = 0; i < kSpan; i += 16) {
      const typename V::F v = weights_of<V>(V::load(x + i), largest, inverse, least);
      sum = V::add_wide(sum, v);
      V::store(w + i, v);
    }
    *sums++ = static_cast<std::int64_t>(V::sum_wide(sum));
  }
  if (n == 0) return;
  std::int64_t sum = 0;
  for (long i = 0; i < n; i += 16) {
    const int count = n - i < 16 ? static_cast<int>(n - i) : 16;
    float part[16];
    for (int j = 0; j < 16; ++j) part[j] = j < count ? x[i + j] : how.largest;
    V::store(part, weights_of<V>(V::load(part), largest, inverse, least));
    for (int j = 0; j < count; ++j) {
      w[i + j] = part[j];
      sum += static_cast<std::int64_t>(part[j]);
    }
  }
  *sums = sum;
}

}  // namespace headrace
