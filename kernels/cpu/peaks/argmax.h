// The index of the first of the largest of x[0 .. n), or -1 where one of them is a NaN or an infinity; as a float32, which
// holds indices up to 2^24.
#pragma once
#include "cpu/peaks/greatest.h"

namespace headrace {

template <class V>
float argmax(const float* x, long n) noexcept {
  const typename V::F zero = V::zero();
  typename V::F sound = zero;  // NaN from a lane that is no finite number on
  long i = 0;
  for (; i + 16 <= n; i += 16) sound = V::fma(V::load(x + i), zero, sound);
  for (; i < n; ++i) sound = V::fma(V::set(x[i]), zero, sound);
  const float s = V::sum(sound);
  if (s != s) return -1.0f;
  const float most = greatest<V>(x, n);
  long at = 0;
  while (x[at] != most) ++at;
  return static_cast<float>(at);
}

}  // namespace headrace
