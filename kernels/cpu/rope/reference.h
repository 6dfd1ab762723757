// The law's rotation, pair by pair, from a row of the tables.
#pragma once
#include <cmath>

namespace headrace::reference {

inline void rope(float* x, int head_dim, bool halves, const float* cos, const float* sin) noexcept {
  for (int i = 0; i < head_dim / 2; ++i) {
    float& a = x[halves ? i : 2 * i];
    float& b = x[halves ? i + head_dim / 2 : 2 * i + 1];
    const float x0 = a;
    const float x1 = b;
    a = std::fma(-x1, sin[i], x0 * cos[i]);
    b = std::fma(x0, sin[i], x1 * cos[i]);
  }
}

}  // namespace headrace::reference
