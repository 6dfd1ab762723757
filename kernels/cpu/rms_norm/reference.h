// The law's fixed tree and RMS norm.
#pragma once
#include <cmath>

namespace headrace::reference {

// Sum of 16 lanes by halves.
inline float tree(const float v[16]) noexcept {
  float t8[8], t4[4], t2[2];
  for (int j = 0; j < 8; ++j) t8[j] = v[j] + v[j + 8];
  for (int j = 0; j < 4; ++j) t4[j] = t8[j] + t8[j + 4];
  for (int j = 0; j < 2; ++j) t2[j] = t4[j] + t4[j + 2];
  return t2[0] + t2[1];
}

inline void rms_norm(const float* x, const float* w, long n, float eps, float* y) noexcept {
  float chain[2][16] = {};
  for (long k = 0; k < n; ++k) {
    float& c = chain[(k / 16) % 2][k % 16];
    c = std::fma(x[k], x[k], c);
  }
  float lanes[16];
  for (int j = 0; j < 16; ++j) lanes[j] = chain[0][j] + chain[1][j];
  const float inverse = 1.0f / std::sqrt(tree(lanes) / static_cast<float>(n) + eps);
  for (long k = 0; k < n; ++k) y[k] = (x[k] * inverse) * w[k];
}

}  // namespace headrace::reference
