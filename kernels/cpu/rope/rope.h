// Rotation of one head in place, then a factor.
//
//   x         [head_dim], head_dim a multiple of 16, at most 256
//   cos, sin  [head_dim] each, spread by rope_spread() from the row of the tables: cos stands at both members of a
//             pair, sin with its sign (minus at the first member), so that y = fma(partner, sin, x * cos) is the law
//             for both members
//   scale     every result is multiplied by it when `scaled`
#pragma once
#include <cstdint>

namespace headrace {

constexpr int kMaxHeadDim = 256;

// Pairs (2i, 2i + 1).
template <class V>
void rope_interleaved(float* x, int head_dim, const float* cos, const float* sin, bool scaled, float scale) noexcept {
  for (int i = 0; i < head_dim; i += 16) {
    const typename V::F v = V::load(x + i);
    typename V::F y = V::fma(V::swap_pairs(v), V::load(sin + i), V::mul(v, V::load(cos + i)));
    if (scaled) y = V::mul(y, V::set(scale));
    V::store(x + i, y);
  }
}

// Pairs (i, i + head_dim / 2).
template <class V>
void rope_halves(float* x, int head_dim, const float* cos, const float* sin, bool scaled, float scale) noexcept {
  alignas(
      64) float twice[2 * kMaxHeadDim];  // the head two times in a row: the partner of i lies head_dim / 2 further on
  for (int i = 0; i < head_dim; i += 16) {
    const typename V::F v = V::load(x + i);
    V::store(twice + i, v);
    V::store(twice + head_dim + i, v);
  }
  for (int i = 0; i < head_dim; i += 16) {
    const typename V::F partner = V::load(twice + i + head_dim / 2);
    typename V::F y = V::fma(partner, V::load(sin + i), V::mul(V::load(twice + i), V::load(cos + i)));
    if (scaled) y = V::mul(y, V::set(scale));
    V::store(x + i, y);
  }
}

// Spreads one row of the tables (head_dim / 2 values each) over the head.
[[maybe_unused]] static inline void rope_spread(const float* cos, const float* sin, int head_dim, bool halves,
                                                float* cos_out, float* sin_out) noexcept {
  const int half = head_dim / 2;
  for (int i = 0; i < half; ++i) {
    const int a = halves ? i : 2 * i;
    const int b = halves ? i + half : 2 * i + 1;
    cos_out[a] = cos[i];
    cos_out[b] = cos[i];
    sin_out[a] = -sin[i];
    sin_out[b] = sin[i];
  }
}

}  // namespace headrace
