// Scores of rows over a chunk to packed probabilities in place: m = exact maximum of the first n, p = exp(s - m), l = 16
// lane sums over ascending vectors, then the tree. Whole vectors are written: lanes from n on become +0. P: a
// page format (half_pages.h).
//
// One row alone waits for its own maximum and sums; rows that see the same tokens are taken V::kSoftmaxRows at a time,
// each with the operations it would have alone.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/attention/parts.h"
#include "cpu/exp/exp.h"

namespace headrace {

// R rows of kChunkTokens; ml [R][2].
template <class V, class P, int R>
void softmax_chunk(float* s, int n, float* ml) noexcept {
  using F = typename V::F;
  const int full = n / 16;
  const int tail = n % 16;
  const F lowest = V::set(-__builtin_inff());
  F shift[R];
  F sums[R];
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) shift[r] = lowest;
  for (int i = 0; i < full; ++i) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) shift[r] = V::max(V::load(s + r * kChunkTokens + 16 * i), shift[r]);
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    if (tail != 0) {
      const F last = V::load(s + r * kChunkTokens + 16 * full);
      shift[r] = V::max(V::first_or(tail, last, lowest), shift[r]);
    }
    ml[2 * r] = V::greatest(shift[r]);
    shift[r] = V::set(ml[2 * r]);
    sums[r] = V::zero();
  }
  for (int i = 0; i < full; ++i) {
#pragma GCC unroll 4
    for (int r = 0; r < R; ++r) {
      float* const at = s + r * kChunkTokens + 16 * i;
      const F p = P::round(exp_lanes<V>(V::sub(V::load(at), shift[r])));
      sums[r] = V::add(sums[r], p);
      V::store(at, p);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < R; ++r) {
    float* const row = s + r * kChunkTokens;
    if (tail != 0) {
      const F p = V::first(tail, P::round(exp_lanes<V>(V::sub(V::load(row + 16 * full), shift[r]))));
      sums[r] = V::add(sums[r], p);
      V::store(row + 16 * full, p);
    }
    P::pack(row, (n + 15) / 16 * 16, row);
    ml[2 * r + 1] = V::sum(sums[r]);
  }
}

// Any number of rows that see n tokens.
template <class V, class P>
void softmax_rows(float* s, int n, int rows, float* ml) noexcept {
  by_parts<V::kSoftmaxRows>(rows, [&](int first, int count) {
    by_count<V::kSoftmaxRows>(count, [&](auto r) {
      softmax_chunk<V, P, decltype(r)::value>(s + first * kChunkTokens, n, ml + 2 * first);
    });
  });
}

}  // namespace headrace
