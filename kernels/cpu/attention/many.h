// Many query rows over a chunk that was widened to floats once: micro-kernels of kMicroRows rows by kVectors vectors.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/attention/softmax.h"

namespace headrace {

template <class V>
void widen_chunk(const ChunkPages& c, int head_dim, const ManyScratch& scratch) noexcept {
  for (int b = 0; b * kPageTokens < c.tokens; ++b) {
    const std::uint16_t* k = c.page[b];
    for (int d = 0; d < head_dim; ++d) {
      V::store(scratch.keys + d * kChunkTokens + b * kPageTokens, V::load_half(k + d * kPageTokens));
    }
    const std::uint16_t* v = k + kPageTokens * head_dim;
    float* values = scratch.values + b * kPageTokens * head_dim;
    for (int i = 0; i < kPageTokens * head_dim; i += 16) V::store(values + i, V::load_half(v + i));
  }
}

// Scores of R rows against tokens [t, t + 16 N).
template <class V, int R, int N>
inline void many_scores(const float* const* q, const float* keys, int t, int head_dim, float* s) noexcept {
  using F = typename V::F;
  F acc[R][N];
  for (int r = 0; r < R; ++r) {
    for (int n = 0; n < N; ++n) acc[r][n] = V::zero();
  }
  const float* k = keys + t;
  for (int d = 0; d < head_dim; ++d, k += kChunkTokens) {
    F x[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) x[n] = V::load(k + 16 * n);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const F y = V::set(q[r][d]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) acc[r][n] = V::fma(y, x[n], acc[r][n]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int n = 0; n < N; ++n) V::store(s + r * kChunkTokens + t + 16 * n, acc[r][n]);
  }
}

// o[r][column .. column + 16 C) += sum over tokens [begin, end) of p[r][t] * V[t].
template <class V, int R, int C>
inline void many_values(const float* p, const float* values, int begin, int end, int head_dim, int column,
                        float* o) noexcept {
  using F = typename V::F;
  F acc[R][C];
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < C; ++j) acc[r][j] = V::load(o + r * head_dim + column + 16 * j);
  }
  const float* v = values + static_cast<long>(begin) * head_dim + column;
  for (int t = begin; t < end; ++t, v += head_dim) {
    F x[C];
#pragma GCC unroll 4
    for (int j = 0; j < C; ++j) x[j] = V::load(v + 16 * j);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const F y = V::set(p[r * kChunkTokens + t]);
#pragma GCC unroll 4
      for (int j = 0; j < C; ++j) acc[r][j] = V::fma(y, x[j], acc[r][j]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < C; ++j) V::store(o + r * head_dim + column + 16 * j, acc[r][j]);
  }
}

template <class V, int R>
void many_scores_rows(const float* const* q, const float* keys, int t, int end, int head_dim, float* s) noexcept {
  for (; t + 16 * V::kVectors <= end; t += 16 * V::kVectors) many_scores<V, R, V::kVectors>(q, keys, t, head_dim, s);
  for (; t < end; t += 16) many_scores<V, R, 1>(q, keys, t, head_dim, s);
}

template <class V, int R>
void many_values_rows(const float* p, const float* values, int begin, int end, int head_dim, float* o) noexcept {
  if (begin >= end) return;
  int column = 0;
  for (; column + 16 * V::kVectors <= head_dim; column += 16 * V::kVectors) {
    many_values<V, R, V::kVectors>(p, values, begin, end, head_dim, column, o);
  }
  for (; column < head_dim; column += 16) many_values<V, R, 1>(p, values, begin, end, head_dim, column, o);
}

// Calls F<1> .. F<kMicroRows> by number of rows.
#define HEADRACE_BY_ROWS(rows, function, ...)                               \
  switch (rows) {                                                           \
    case 1: function<V, 1>(__VA_ARGS__); break;                             \
    case 2: function<V, 2>(__VA_ARGS__); break;                             \
    case 3: function<V, 3>(__VA_ARGS__); break;                             \
    case 4: function<V, (V::kMicroRows >= 4 ? 4 : 1)>(__VA_ARGS__); break;  \
    case 5: function<V, (V::kMicroRows >= 5 ? 5 : 1)>(__VA_ARGS__); break;  \
    default: function<V, (V::kMicroRows >= 6 ? 6 : 1)>(__VA_ARGS__); break; \
  }

template <class V>
void many_chunk(const ManyRows& rows, int head_dim, ManyScratch& w) noexcept {
  constexpr int kBlock = 64;  // tokens whose keys or values stay in the nearest cache while all rows pass over them
  int longest = 0;
  for (int r = 0; r < rows.rows; ++r) longest = rows.visible[r] > longest ? rows.visible[r] : longest;
  longest = longest < kChunkTokens ? longest : kChunkTokens;
  const int padded = (longest + kPageTokens - 1) / kPageTokens * kPageTokens;
  for (int t = 0; t < padded; t += kBlock) {
    const int end = padded < t + kBlock ? padded : t + kBlock;
    for (int r = 0; r < rows.rows; r += V::kMicroRows) {
      const int count = rows.rows - r < V::kMicroRows ? rows.rows - r : V::kMicroRows;
      HEADRACE_BY_ROWS(count, many_scores_rows, rows.q + r, w.keys, t, end, head_dim, w.scores + r * kChunkTokens)
    }
  }
  for (int r = 0; r < rows.rows; ++r) {
    const int n = rows.visible[r] < kChunkTokens ? rows.visible[r] : kChunkTokens;
    if (n > 0) softmax_chunk<V>(w.scores + r * kChunkTokens, n, w.m + r, w.l + r);
    for (int d = 0; d < head_dim; d += 16) V::store(w.o + r * head_dim + d, V::zero());
  }
  for (int t = 0; t < longest; t += kBlock) {
    for (int r = 0; r < rows.rows; r += V::kMicroRows) {
      const int count = rows.rows - r < V::kMicroRows ? rows.rows - r : V::kMicroRows;
      // Tokens that all of these rows see are summed together, the rest of each row (a few tokens at the diagonal)
      // alone.
      int shared = t + kBlock;
      for (int i = r; i < r + count; ++i) shared = rows.visible[i] < shared ? rows.visible[i] : shared;
      shared = shared < t ? t : shared;
      const float* p = w.scores + r * kChunkTokens;
      float* o = w.o + r * head_dim;
      HEADRACE_BY_ROWS(count, many_values_rows, p, w.values, t, shared, head_dim, o)
      for (int i = 0; i < count; ++i) {
        const int own = rows.visible[r + i] < t + kBlock ? rows.visible[r + i] : t + kBlock;
        many_values_rows<V, 1>(p + i * kChunkTokens, w.values, shared, own, head_dim, o + i * head_dim);
      }
    }
  }
}

#undef HEADRACE_BY_ROWS

}  // namespace headrace
