// Merging the partial results of chunks, strictly left to right:
//   M' = max(M, m); a = exp(M - M'); b = exp(m - M'); L = fma(L, a, l * b); O = fma(O, a, o * b); the first chunk is
//   copied.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/exp/exp.h"

namespace headrace {

// o = fma(o, a, part * b)
template <class V>
inline void fold_values(float* o, const float* part, float a, float b, int head_dim) noexcept {
  const typename V::F left = V::set(a);
  const typename V::F right = V::set(b);
  for (int d = 0; d < head_dim; d += 16) {
    V::store(o + d, V::fma(V::load(o + d), left, V::mul(V::load(part + d), right)));
  }
}

template <class V>
inline void copy_values(float* o, const float* part, int head_dim) noexcept {
  for (int d = 0; d < head_dim; d += 16) V::store(o + d, V::load(part + d));
}

template <class V>
void finish(float* o, float l, int head_dim) noexcept {
  const typename V::F inverse = V::set(1.0f / l);
  for (int d = 0; d < head_dim; d += 16) V::store(o + d, V::mul(V::load(o + d), inverse));
}

template <class V>
void fold_batch(const float* o, const float* ml, int rows, int head_dim, bool first,
                const FoldTarget* target) noexcept {
  constexpr int kPadded = (kBatchRows + 15) / 16 * 16;
  if (first) {
    for (int r = 0; r < rows; ++r) {
      copy_values<V>(target[r].o, o + r * head_dim, head_dim);
      target[r].ml[0] = ml[2 * r];
      target[r].ml[1] = ml[2 * r + 1];
    }
    return;
  }
  alignas(64) float a[kPadded] = {};
  alignas(64) float b[kPadded] = {};
  for (int r = 0; r < rows; ++r) {
    const float before = target[r].ml[0];
    const float after = before > ml[2 * r] ? before : ml[2 * r];
    a[r] = before - after;
    b[r] = ml[2 * r] - after;
    target[r].ml[0] = after;
  }
  for (int i = 0; i < rows; i += 16) {
    V::store(a + i, exp_lanes<V>(V::load(a + i)));
    V::store(b + i, exp_lanes<V>(V::load(b + i)));
  }
  for (int r = 0; r < rows; ++r) {
    target[r].ml[1] = __builtin_fmaf(target[r].ml[1], a[r], ml[2 * r + 1] * b[r]);
    fold_values<V>(target[r].o, o + r * head_dim, a[r], b[r], head_dim);
  }
}

template <class V>
void fold_chunks(const float* o, long o_stride, const float* ml, long ml_stride, int count, int head_dim,
                 float* out) noexcept {
  copy_values<V>(out, o, head_dim);
  float m = ml[0];
  float l = ml[1];
  for (int begin = 1; begin < count; begin += 16) {
    const int n = count - begin < 16 ? count - begin : 16;
    alignas(64) float a[16] = {};
    alignas(64) float b[16] = {};
    for (int i = 0; i < n; ++i) {
      const float part = ml[(begin + i) * ml_stride];
      const float after = m > part ? m : part;
      a[i] = m - after;
      b[i] = part - after;
      m = after;
    }
    V::store(a, exp_lanes<V>(V::load(a)));
    V::store(b, exp_lanes<V>(V::load(b)));
    for (int i = 0; i < n; ++i) {
      l = __builtin_fmaf(l, a[i], ml[(begin + i) * ml_stride + 1] * b[i]);
      fold_values<V>(out, o + (begin + i) * o_stride, a[i], b[i], head_dim);
    }
  }
  finish<V>(out, l, head_dim);
}

}  // namespace headrace
