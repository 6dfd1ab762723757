// Many query rows over a chunk of binary16 pages, which are widened to floats once for all of them. A conversion takes
// the place of two multiplications (on an Ice Lake core), so micro-kernels that load floats reach nearly all of the
// peak, those that convert three quarters of it.
//
// A few rows at a time go all the way, so that their scores stay in the first cache, and the floats come from the
// second one. The first rows to go widen what they read; these are the last ones of the call, since they see the most
// tokens. Writing the floats costs as much as 30 to 40 rows gain. Fetching the next chunk meanwhile was no gain.
//
// Every element is the chain that rows.h would sum: only where its inputs are read from differs.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/attention/parts.h"
#include "cpu/attention/softmax.h"

namespace headrace {

// Where a micro-kernel's vectors come from: a panel that is full, or pages from which it fills the panel as it goes.
template <class V>
struct FromPanel {
  static inline __attribute__((always_inline)) typename V::F load(const float* to, const std::uint16_t*) noexcept {
    return V::load(to);
  }
};

template <class V>
struct ToPanel {
  static inline __attribute__((always_inline)) typename V::F load(float* to, const std::uint16_t* from) noexcept {
    const typename V::F x = V::load_half(from);
    V::store(to, x);
    return x;
  }
};

// Scores of R rows against N vectors of [head_dim][kPanelTokens] keys, vector n from page[n].
template <class V, class From, int R, int N>
__attribute__((noinline)) void wide_score_tile(const std::uint16_t* const* page, float* panel, const float* q,
                                               int head_dim, float* s) noexcept {
  typename V::F acc[R][N];
  const std::uint16_t* k[N];
#pragma GCC unroll 4
  for (int n = 0; n < N; ++n) k[n] = page[n];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) acc[r][n] = V::zero();
  }
  for (int d = 0; d < head_dim; ++d, panel += kPanelTokens) {
    typename V::F x[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) x[n] = From::load(panel + 16 * n, k[n] + d * kPageTokens);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const typename V::F y = V::set(q[r * kQueryStride + d]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) acc[r][n] = V::fma(y, x[n], acc[r][n]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) V::store(s + r * kChunkTokens + 16 * n, acc[r][n]);
  }
}

// o[r][column .. column + 16 N) += sum over tokens [from, to) of p[r][t] * V[t], panel [kChunkTokens][head_dim]. o
// starts at zero where from is 0.
template <class V, class From, int R, int N>
__attribute__((noinline)) void wide_value_tile(const ChunkPages& c, float* panel, const float* p, int from, int to,
                                               int head_dim, int column, float* o) noexcept {
  typename V::F acc[R][N];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) acc[r][n] = from == 0 ? V::zero() : V::load(o + r * head_dim + column + 16 * n);
  }
  float* row = panel + from * head_dim + column;
  for (int t = from; t < to;) {
    const int left = kPageTokens - t % kPageTokens;
    const int stop = to - t < left ? to : t + left;
    const std::uint16_t* v = c.page[t / kPageTokens] + (kPageTokens + t % kPageTokens) * head_dim + column;
    for (; t < stop; ++t, row += head_dim, v += head_dim) {
      typename V::F x[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) x[n] = From::load(row + 16 * n, v + 16 * n);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const typename V::F y = V::set(p[r * kChunkTokens + t]);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) acc[r][n] = V::fma(y, x[n], acc[r][n]);
      }
    }
  }
  // The compiler would otherwise keep the addresses above until here, in vector registers.
  __asm__("" : "+r"(head_dim));
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) V::store(o + r * head_dim + column + 16 * n, acc[r][n]);
  }
}

// call(Count<N>, first) for `vectors` vectors, N at a time, then half as many, ..
template <int N, class Call>
inline void by_vectors(int vectors, Call&& call, int first = 0) noexcept {
  for (; first + N <= vectors; first += N) call(Count<N>{}, first);
  if constexpr (N > 1) by_vectors<N / 2>(vectors, call, first);
}

// One chunk for all rows of a call, some rows at a time.
template <class V>
class WideChunk {
 public:
  WideChunk(const ChunkPages& chunk, int head_dim, float* panel) noexcept
      : chunk_(chunk), head_dim_(head_dim), keys_(panel), values_(panel + kChunkTokens * head_dim) {}

  // take(first, count) for the rows in parts of a micro-kernel, the last ones first.
  template <class Take>
  static void parts(int rows, Take&& take) noexcept {
    by_parts<V::kWideRows>(rows, [&](int after, int count) { take(rows - after - count, count); });
  }

  void scores(const float* q, const int* visible, int rows, float* s) noexcept {
    int longest = 0;
    for (int r = 0; r < rows; ++r) longest = visible[r] > longest ? visible[r] : longest;
    const int pages = (longest + kPageTokens - 1) / kPageTokens;
    by_count<V::kWideRows>(rows, [&](auto r) {
      by_vectors<V::kWideVectors>(pages, [&](auto n, int page) {
        constexpr int kR = decltype(r)::value;
        constexpr int kN = decltype(n)::value;
        constexpr int kPages = kPanelTokens / kPageTokens;
        float* const panel = keys_ + page / kPages * kPanelTokens * head_dim_ + page % kPages * kPageTokens;
        const auto tile =
            page + kN <= pages_ ? wide_score_tile<V, FromPanel<V>, kR, kN> : wide_score_tile<V, ToPanel<V>, kR, kN>;
        tile(chunk_.page + page, panel, q, head_dim_, s + page * kPageTokens);
      });
    });
    pages_ = pages > pages_ ? pages : pages_;
  }

  // Tokens [begin, visible[r]) of row r.
  void values(const float* p, const int* visible, int rows, int begin, float* o) noexcept {
    int least = visible[0];
    for (int r = 1; r < rows; ++r) least = visible[r] < least ? visible[r] : least;
    // Tokens that all rows see are summed together, the rest (a few at the diagonal) by rows that see the same ones.
    add(p, rows, begin, least, o);
    for (int r = 0; r < rows;) {
      int last = r + 1;
      while (last < rows && visible[last] == visible[r]) ++last;
      add(p + r * kChunkTokens, last - r, least > begin ? least : begin, visible[r], o + r * head_dim_);
      r = last;
    }
  }

 private:
  void add(const float* p, int rows, int from, int to, float* o) noexcept {
    if (from >= to) return;
    by_count<V::kWideRows>(rows, [&](auto r) {
      by_vectors<V::kWideVectors>(head_dim_ / 16, [&](auto n, int vector) {
        constexpr int kR = decltype(r)::value;
        constexpr int kN = decltype(n)::value;
        const bool filled = from >= from_ && to <= to_;
        const auto tile =
            filled ? wide_value_tile<V, FromPanel<V>, kR, kN> : wide_value_tile<V, ToPanel<V>, kR, kN>;
        tile(chunk_, values_, p, from, to, head_dim_, 16 * vector, o);
      });
    });
    if (to_ == 0) from_ = from;
    if (from >= from_ && from <= to_ && to > to_) to_ = to;
  }

  const ChunkPages& chunk_;
  const int head_dim_;
  float* const keys_;    // [2][head_dim][kPanelTokens]
  float* const values_;  // [kChunkTokens][head_dim]
  int pages_ = 0;        // widened keys
  int from_ = 0;         // widened values: tokens [from_, to_)
  int to_ = 0;
};

template <class V>
void wide_scores(const ChunkPages& c, const float* q, const int* visible, int rows, int head_dim, float* panel,
                 float* s) noexcept {
  WideChunk<V> chunk(c, head_dim, panel);
  chunk.parts(rows, [&](int first, int count) {
    chunk.scores(q + first * kQueryStride, visible + first, count, s + first * kChunkTokens);
  });
}

template <class V>
void wide_values(const ChunkPages& c, const float* p, const int* visible, int rows, int begin, int head_dim,
                 float* panel, float* o) noexcept {
  WideChunk<V> chunk(c, head_dim, panel);
  chunk.parts(rows, [&](int first, int count) {
    chunk.values(p + first * kChunkTokens, visible + first, count, begin, o + first * head_dim);
  });
}

// Every part has its queries and scores in the same place. pack(first, count, q) and softmax(first, count, s) do that
// for rows [first, first + count).
template <class V, class Pack, class Softmax>
void wide_partials(const ChunkPages& c, const BatchRows& rows, int head_dim, const AttentionScratch& w, float* o,
                   Pack&& pack, Softmax&& softmax) noexcept {
  WideChunk<V> chunk(c, head_dim, w.panel);
  chunk.parts(rows.rows, [&](int first, int count) {
    const int* visible = rows.visible + first;
    pack(first, count, w.q);
    chunk.scores(w.q, visible, count, w.scores);
    softmax(first, count, w.scores);
    chunk.values(w.scores, visible, count, 0, o + first * head_dim);
  });
}

}  // namespace headrace
