// The law's exp and SiLU, one number at a time.
#pragma once
#include <cmath>
#include <initializer_list>

namespace headrace::reference {

inline float exp(float x) noexcept {
  if (x < -87.0f) return 0.0f;
  const float n = std::nearbyint(x * 1.44269504f);
  float r = std::fma(-n, 0.693359375f, x);
  r = std::fma(-n, -2.12194440e-4f, r);
  float p = 1.9875691500e-4f;
  for (const float c : {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f}) {
    p = std::fma(p, r, c);
  }
  const float e = std::fma(p, r * r, r + 1.0f);
  return std::ldexp(e, static_cast<int>(n));
}

inline float silu(float x) noexcept {
  const float e = exp(-std::fabs(x));
  return x * ((x < 0.0f ? e : 1.0f) / (1.0f + e));
}

}  // namespace headrace::reference
