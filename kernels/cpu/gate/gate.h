// h = silu(g) * u over n values, n a multiple of 16; h may be g or u. Elementwise, one rounding per operation.
#pragma once
#include "cpu/exp/exp.h"

namespace headrace {

template <class V>
void gate(const float* g, const float* u, long n, float* h) noexcept {
  for (long i = 0; i < n; i += 16) V::store(h + i, V::mul(silu_lanes<V>(V::load(g + i)), V::load(u + i)));
}

}  // namespace headrace
