// The peak of one span and the place of the largest by plain loops.
#pragma once
#include <cmath>
#include <limits>

namespace headrace::reference {

inline float peak(const float* x, long n) noexcept {
  float most = -std::numeric_limits<float>::infinity();
  for (long i = 0; i < n; ++i) {
    if (!std::isfinite(x[i])) return std::numeric_limits<float>::quiet_NaN();
    if (x[i] > most) most = x[i];
  }
  return most == 0.0f ? 0.0f : most;
}

inline float argmax(const float* x, long n) noexcept {
  long best = 0;
  for (long i = 0; i < n; ++i) {
    if (!std::isfinite(x[i])) return -1.0f;
    if (x[i] > x[best]) best = i;
  }
  return static_cast<float>(best);
}

}  // namespace headrace::reference
