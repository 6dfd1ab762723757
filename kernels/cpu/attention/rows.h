// Query rows over a chunk, straight from its pages: micro-kernels of R rows by N vectors whose accumulators stay in
// registers. A key or value is widened once per R rows; wide.h does it once for many.
//
// The next chunk is prefetched meanwhile, its K by the first rows' scores and its V by their sums: pages of 2 KiB
// pieces in any order restart the hardware prefetcher all the time, and this pays about a quarter of the read rate.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/attention/parts.h"
#include "cpu/attention/softmax.h"
#include "cpu/attention/wide.h"

namespace headrace {

// Vectors beside R rows: as many as there are accumulators for, a power of two.
template <class P>
constexpr int vectors_beside(int rows) noexcept {
  int n = 1;
  while (n < 8 && 2 * n * rows <= P::kAccumulators) n *= 2;
  return n;
}

// Scores of R rows against pages [b, b + N).
template <class V, class P, int R, int N, bool Ahead>
__attribute__((noinline)) void score_tile(const ChunkPages& c, int b, const float* q, int head_dim, float* s) noexcept {
  typename V::F acc[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) acc[r][n] = V::zero();
  }
  const std::uint16_t* k[N];
  const std::uint16_t* ahead[N];
  for (int n = 0; n < N; ++n) k[n] = c.page[b + n];
  for (int n = 0; Ahead && n < N; ++n) ahead[n] = c.next[b + n];
  const int steps = head_dim / P::kStep;
  constexpr int kWidth = kPageTokens * P::kStep;  // halves of a step
  for (int i = 0; i < steps; ++i) {
    typename P::Vector x[N];
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) x[n] = P::load(k[n] + i * kWidth);
    if (Ahead && i * kWidth % 32 == 0) {
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) V::prefetch(ahead[n] + i * kWidth);
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const typename P::Factor y = P::factor(q + r * kQueryStride + i);
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) acc[r][n] = P::multiply(acc[r][n], x[n], y);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) V::store(s + r * kChunkTokens + (b + n) * kPageTokens, acc[r][n]);
  }
}

// o[r][column .. column + 16 N) += sum over tokens [begin, end) of p[r][t] * V[t].
template <class V, class P, int R, int N, bool Ahead>
__attribute__((noinline)) void value_tile(const ChunkPages& c, const float* p, int begin, int end, int head_dim,
                                          int column, float* o) noexcept {
  typename V::F acc[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) acc[r][n] = begin == 0 ? V::zero() : V::load(o + r * head_dim + column + 16 * n);
  }
  const int step = head_dim * P::kStep;
  const int whole = end / P::kStep * P::kStep;
  const auto add = [&](const typename P::Vector* x, int t) __attribute__((always_inline)) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
      const typename P::Factor y = P::factor(p + r * kChunkTokens + t / P::kStep);
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) acc[r][n] = P::multiply(acc[r][n], x[n], y);
    }
  };
  for (int t = begin; t < whole;) {
    const int b = t / kPageTokens;
    const std::ptrdiff_t skip = kPageTokens * head_dim + (t % kPageTokens) * head_dim + column * P::kStep;
    const std::uint16_t* v = c.page[b] + skip;
    const std::uint16_t* ahead = Ahead ? c.next[b] + skip : nullptr;
    const int stop = whole < (b + 1) * kPageTokens ? whole : (b + 1) * kPageTokens;
    for (; t < stop; t += P::kStep, v += step) {
      typename P::Vector x[N];
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) x[n] = P::load(v + 16 * P::kStep * n);
      if (Ahead) {
#pragma GCC unroll 8
        for (int n = 0; n < N; n += 2 / P::kStep) V::prefetch(ahead + 16 * P::kStep * n);
        ahead += step;
      }
      add(x, t);
    }
  }
  if (P::kStep > 1 && whole < end) {
    const std::uint16_t* v = c.page[whole / kPageTokens] + kPageTokens * head_dim +
                             (whole % kPageTokens) * head_dim + column * P::kStep;
    typename P::Vector x[N];
    for (int n = 0; n < N; ++n) x[n] = P::load_last(v + 16 * P::kStep * n);
    add(x, whole);
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) V::store(o + r * head_dim + column + 16 * n, acc[r][n]);
  }
}

template <class P>
inline void pack_some(const BatchRows& rows, int first, int count, int head_dim, float* q) noexcept {
  for (int r = 0; r < count; ++r) P::pack(rows.q[first + r], head_dim, q + r * kQueryStride);
}

template <class P>
void pack_rows(const BatchRows& rows, int head_dim, float* q) noexcept {
  pack_some<P>(rows, 0, rows.rows, head_dim, q);
}

template <class V, class P>
void score_rows(const ChunkPages& c, const float* q, const int* visible, int rows, int head_dim, float* panel,
                float* s) noexcept {
  if constexpr (P::kWideFrom <= kBatchRows) {
    if (rows >= P::kWideFrom) return wide_scores<V>(c, q, visible, rows, head_dim, panel, s);
  }
  by_parts<P::kRows>(rows, [&](int first, int count) {
    int longest = 0;
    for (int r = first; r < first + count; ++r) longest = visible[r] > longest ? visible[r] : longest;
    const int pages = (longest + kPageTokens - 1) / kPageTokens;
    const float* from = q + first * kQueryStride;
    float* to = s + first * kChunkTokens;
    by_count<P::kRows>(count, [&](auto r) {
      constexpr int kR = decltype(r)::value;
      constexpr int kN = vectors_beside<P>(kR);
      int b = 0;
      if (first == 0) {
        for (; b + kN <= pages; b += kN) score_tile<V, P, kR, kN, true>(c, b, from, head_dim, to);
      } else {
        for (; b + kN <= pages; b += kN) score_tile<V, P, kR, kN, false>(c, b, from, head_dim, to);
      }
      if constexpr (kN > 1) {
        for (; b < pages; ++b) score_tile<V, P, kR, 1, false>(c, b, from, head_dim, to);
      }
    });
  });
}

// Rows that see the same tokens: [begin, end).
template <class V, class P>
inline void value_part(const ChunkPages& c, const float* p, int rows, int begin, int end, int head_dim, bool ahead,
                       float* o) noexcept {
  by_count<P::kRows>(rows, [&](auto r) {
    constexpr int kR = decltype(r)::value;
    constexpr int kMost = vectors_beside<P>(kR);
    constexpr int kN = kMost < 4 ? kMost : 4;
    int column = 0;
    if (ahead) {
      for (; column + 16 * kN <= head_dim; column += 16 * kN)
        value_tile<V, P, kR, kN, true>(c, p, begin, end, head_dim, column, o);
    } else {
      for (; column + 16 * kN <= head_dim; column += 16 * kN)
        value_tile<V, P, kR, kN, false>(c, p, begin, end, head_dim, column, o);
    }
    if constexpr (kN > 1) {
      for (; column < head_dim; column += 16)
        value_tile<V, P, kR, 1, false>(c, p, begin, end, head_dim, column, o);
    }
  });
}

template <class V, class P>
void value_rows(const ChunkPages& c, const float* p, const int* visible, int rows, int begin, int head_dim,
                float* panel, float* o) noexcept {
  if constexpr (P::kWideFrom <= kBatchRows) {
    if (rows >= P::kWideFrom) return wide_values<V>(c, p, visible, rows, begin, head_dim, panel, o);
  }
  by_parts<P::kRows>(rows, [&](int first, int count) {
    const int stop = first + count;
    int least = visible[first];
    int most = least;
    for (int r = first; r < stop; ++r) {
      least = visible[r] < least ? visible[r] : least;
      most = visible[r] > most ? visible[r] : most;
    }
    // Tokens that all of these rows see are summed together, the rest (a few tokens at the diagonal) by rows that see
    // the same ones.
    const int shared = least == most ? least : least / P::kStep * P::kStep;
    const int together = shared > begin ? shared : begin;
    if (together > begin) {
      value_part<V, P>(c, p + first * kChunkTokens, count, begin, together, head_dim, first == 0,
                       o + first * head_dim);
    }
    for (int r = first; r < stop && least != most;) {
      int last = r + 1;
      while (last < stop && visible[last] == visible[r]) ++last;
      if (visible[r] > together) {
        value_part<V, P>(c, p + r * kChunkTokens, last - r, together, visible[r], head_dim, false, o + r * head_dim);
      }
      r = last;
    }
  });
}

template <class V, class P>
void partials(const ChunkPages& c, const BatchRows& rows, int head_dim, const AttentionScratch& w, float* o,
              float* ml) noexcept {
  // Rows that see the same tokens side by side.
  const auto softmax = [&](int first, int count, float* s) {
    for (int r = first; r < first + count;) {
      int same = 1;
      while (r + same < first + count && rows.visible[r + same] == rows.visible[r]) ++same;
      softmax_rows<V, P>(s + (r - first) * kChunkTokens, rows.visible[r], same, ml + 2 * r);
      r += same;
    }
  };
  if constexpr (P::kWideFrom <= kBatchRows) {
    if (rows.rows >= P::kWideFrom) {
      const auto pack = [&](int first, int count, float* q) { pack_some<P>(rows, first, count, head_dim, q); };
      return wide_partials<V>(c, rows, head_dim, w, o, pack, softmax);
    }
  }
  pack_rows<P>(rows, head_dim, w.q);
  score_rows<V, P>(c, w.q, rows.visible, rows.rows, head_dim, w.panel, w.scores);
  softmax(0, rows.rows, w.scores);
  value_rows<V, P>(c, w.scores, rows.visible, rows.rows, 0, head_dim, w.panel, o);
}

}  // namespace headrace
