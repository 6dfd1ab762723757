// The law's attention for one query row: plain loops over tokens in logical order.
//   q [head_dim]; keys, values [tokens][head_dim], already widened from binary16; out [head_dim]
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "cpu/exp/reference.h"
#include "cpu/half/pair.h"
#include "cpu/rms_norm/reference.h"

namespace headrace::reference {

inline void attention(const float* q, const float* keys, const float* values, int tokens, int head_dim, float* out) {
  std::vector<float> total(static_cast<std::size_t>(head_dim));
  float big_m = 0.0f;
  float big_l = 0.0f;
  for (int begin = 0; begin < tokens; begin += 128) {
    const int n = std::min(128, tokens - begin);
    float score[128];
    float m = -INFINITY;
    for (int t = 0; t < n; ++t) {
      float s = 0.0f;
      for (int d = 0; d < head_dim; ++d) s = std::fma(q[d], keys[(begin + t) * head_dim + d], s);
      score[t] = s;
      m = std::max(m, s);
    }
    float lane[16] = {};
    float p[128];
    for (int t = 0; t < n; ++t) {
      p[t] = exp(score[t] - m);
      lane[t % 16] += p[t];
    }
    const float l = tree(lane);
    const float after = begin == 0 ? m : std::max(big_m, m);
    const float a = begin == 0 ? 0.0f : exp(big_m - after);
    const float b = exp(m - after);
    for (int d = 0; d < head_dim; ++d) {
      float o = 0.0f;
      for (int t = 0; t < n; ++t) o = std::fma(p[t], values[(begin + t) * head_dim + d], o);
      float& sum = total[static_cast<std::size_t>(d)];
      sum = begin == 0 ? o : std::fma(sum, a, o * b);
    }
    big_l = begin == 0 ? l : std::fma(big_l, a, l * b);
    big_m = after;
  }
  const float inverse = 1.0f / big_l;
  for (int d = 0; d < head_dim; ++d) out[d] = total[static_cast<std::size_t>(d)] * inverse;
}

// The same over bf16 pages: keys and values were rounded to bfloat16.
inline void attention_of_pairs(const float* q, const float* keys, const float* values, int tokens, int head_dim,
                               float* out) {
  const auto rounded = [](float x) { return from_pair_half(to_pair_half(x)); };
  const auto add = [](float x, float y, float a) { return flushed(std::fma(x, y, a)); };
  std::vector<float> total(static_cast<std::size_t>(head_dim));
  float big_m = 0.0f;
  float big_l = 0.0f;
  for (int begin = 0; begin < tokens; begin += 128) {
    const int n = std::min(128, tokens - begin);
    float p[128] = {};
    float m = -INFINITY;
    for (int t = 0; t < n; ++t) {
      const float* k = keys + (begin + t) * head_dim;
      for (int d = 0; d < head_dim; d += 2) {
        p[t] = add(rounded(q[d + 1]), k[d + 1], p[t]);
        p[t] = add(rounded(q[d]), k[d], p[t]);
      }
      m = std::max(m, p[t]);
    }
    float lane[16] = {};
    for (int t = 0; t < n; ++t) {
      p[t] = rounded(exp(p[t] - m));
      lane[t % 16] += p[t];
    }
    const float l = tree(lane);
    const float after = begin == 0 ? m : std::max(big_m, m);
    const float a = begin == 0 ? 0.0f : exp(big_m - after);
    const float b = exp(m - after);
    for (int d = 0; d < head_dim; ++d) {
      float o = 0.0f;
      for (int t = 0; t < n; t += 2) {
        o = add(p[t + 1], t + 1 < n ? values[(begin + t + 1) * head_dim + d] : 0.0f, o);
        o = add(p[t], values[(begin + t) * head_dim + d], o);
      }
      float& sum = total[static_cast<std::size_t>(d)];
      sum = begin == 0 ? o : std::fma(sum, a, o * b);
    }
    big_l = begin == 0 ? l : std::fma(big_l, a, l * b);
    big_m = after;
  }
  const float inverse = 1.0f / big_l;
  for (int d = 0; d < head_dim; ++d) out[d] = total[static_cast<std::size_t>(d)] * inverse;
}

}  // namespace headrace::reference
