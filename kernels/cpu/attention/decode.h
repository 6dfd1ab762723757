// Few query rows over a chunk, reading binary16 pages once for all rows of a group.
//
// The K half of the next chunk is prefetched while scores are computed and its V half while values are summed: pages of
// 2 KiB pieces in any order restart the hardware prefetcher all the time, and this pays about a quarter of the read
// rate.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/attention/softmax.h"

namespace headrace {

// Scores of R rows against pages [b, b + N).
template <class V, int R, int N>
inline void decode_scores(const ChunkPages& c, int b, const float* q, int head_dim, float* s) noexcept {
  using F = typename V::F;
  F acc[R][N];
  for (int r = 0; r < R; ++r) {
    for (int n = 0; n < N; ++n) acc[r][n] = V::zero();
  }
  for (int d = 0; d < head_dim; ++d) {
    F k[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) k[n] = V::load_half(c.page[b + n] + d * kPageTokens);
    if (d % 2 == 0) {
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) V::prefetch(c.next[b + n] + d * kPageTokens);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const F x = V::set(q[r * head_dim + d]);
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) acc[r][n] = V::fma(x, k[n], acc[r][n]);
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int n = 0; n < N; ++n) V::store(s + r * kChunkTokens + (b + n) * kPageTokens, acc[r][n]);
  }
}

// o[r][column .. column + 16 C) = sum over tokens of p[r][t] * V[t].
template <class V, int R, int C>
inline void decode_values(const ChunkPages& c, const float* p, int head_dim, int column, float* o) noexcept {
  using F = typename V::F;
  F acc[R][C];
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < C; ++j) acc[r][j] = V::zero();
  }
  for (int b = 0; b * kPageTokens < c.tokens; ++b) {
    const std::uint16_t* v = c.page[b] + kPageTokens * head_dim + column;
    const std::uint16_t* after = c.next[b] + kPageTokens * head_dim + column;
    const int left = c.tokens - b * kPageTokens;
    const int tokens = left < kPageTokens ? left : kPageTokens;
    for (int t = 0; t < tokens; ++t, v += head_dim, after += head_dim) {
      F x[C];
#pragma GCC unroll 4
      for (int j = 0; j < C; ++j) x[j] = V::load_half(v + 16 * j);
      V::prefetch(after);
      if (C > 2) V::prefetch(after + 32);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const F y = V::set(p[r * kChunkTokens + b * kPageTokens + t]);
#pragma GCC unroll 4
        for (int j = 0; j < C; ++j) acc[r][j] = V::fma(y, x[j], acc[r][j]);
      }
    }
  }
  for (int r = 0; r < R; ++r) {
    for (int j = 0; j < C; ++j) V::store(o + r * head_dim + column + 16 * j, acc[r][j]);
  }
}

template <class V, int R>
void decode_rows(const ChunkPages& c, const float* q, int head_dim, float* o, float* ml) noexcept {
  constexpr int kPages = R == 1 ? 2 * V::kVectors : V::kVectors;  // enough independent chains to hide the latency
  alignas(64) float s[R * kChunkTokens];
  const int pages = (c.tokens + kPageTokens - 1) / kPageTokens;
  int b = 0;
  for (; b + kPages <= pages; b += kPages) decode_scores<V, R, kPages>(c, b, q, head_dim, s);
  for (; b < pages; ++b) decode_scores<V, R, 1>(c, b, q, head_dim, s);
  for (int r = 0; r < R; ++r) softmax_chunk<V>(s + r * kChunkTokens, c.tokens, ml + 2 * r, ml + 2 * r + 1);
  int column = 0;
  for (; column + 16 * V::kVectors <= head_dim; column += 16 * V::kVectors) {
    decode_values<V, R, V::kVectors>(c, s, head_dim, column, o);
  }
  for (; column < head_dim; column += 16) decode_values<V, R, 1>(c, s, head_dim, column, o);
}

template <class V>
void decode_chunk(const ChunkPages& c, const float* q, int group, int head_dim, float* o, float* ml) noexcept {
  while (group > 0) {
    int rows = group < V::kMicroRows ? group : V::kMicroRows;
    if (group > V::kMicroRows && group < 2 * V::kMicroRows) rows = (group + 1) / 2;  // 7 = 4 + 3 rather than 6 + 1
    switch (rows) {
      case 1: decode_rows<V, 1>(c, q, head_dim, o, ml); break;
      case 2: decode_rows<V, 2>(c, q, head_dim, o, ml); break;
      case 3: decode_rows<V, 3>(c, q, head_dim, o, ml); break;
      case 4: decode_rows<V, (V::kMicroRows >= 4 ? 4 : 1)>(c, q, head_dim, o, ml); break;
      case 5: decode_rows<V, (V::kMicroRows >= 5 ? 5 : 1)>(c, q, head_dim, o, ml); break;
      default: decode_rows<V, (V::kMicroRows >= 6 ? 6 : 1)>(c, q, head_dim, o, ml); break;
    }
    q += rows * head_dim;
    o += rows * head_dim;
    ml += 2 * rows;
    group -= rows;
  }
}

}  // namespace headrace
