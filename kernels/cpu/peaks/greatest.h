// The largest of x[0 .. n), n at least 1. Infinities are numbers here; there must be no NaN. The sign of a zero is left open.
#pragma once

namespace headrace {

template <class V>
float greatest(const float* x, long n) noexcept {
  float part[16];
  for (int j = 0; j < 16; ++j) part[j] = x[j < n ? j : 0];
  typename V::F most = V::load(part);
  long i = 16;
  for (; i + 16 <= n; i += 16) most = V::max(most, V::load(x + i));
  for (; i < n; ++i) most = V::max(most, V::set(x[i]));
  return V::greatest(most);
}

}  // namespace headrace
