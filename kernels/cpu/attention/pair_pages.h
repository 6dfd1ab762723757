// Pages of bf16 where the processor does not multiply them: halves widened to floats, flushing spelled out.
#pragma once
#include <cstdint>

#include "cpu/attention/attention.h"
#include "cpu/attention/half_pages.h"

namespace headrace {

template <class V>
struct PairPages {
  using F = typename V::F;
  struct Vector {
    F even;
    F odd;
  };
  using Factor = Vector;

  static constexpr int kRows = V::kPairRows;
  static constexpr int kAccumulators = V::kPairAccumulators;
  static constexpr int kWideFrom = kBatchRows + 1;
  static constexpr int kStep = 2;

  static inline __attribute__((always_inline)) Vector load(const std::uint16_t* p) noexcept {
    return {V::load_even(p), V::load_odd(p)};
  }
  static inline __attribute__((always_inline)) Vector load_last(const std::uint16_t* p) noexcept {
    return {V::load_even(p), V::zero()};
  }
  static inline __attribute__((always_inline)) Factor factor(const float* p) noexcept {
    return {V::set_even(p), V::set_odd(p)};
  }
  static inline __attribute__((always_inline)) F multiply(F a, Vector x, Factor y) noexcept {
    return V::flush(V::fma(x.even, y.even, V::flush(V::fma(x.odd, y.odd, a))));
  }
  static inline __attribute__((always_inline)) F round(F p) noexcept { return V::round_pair(p); }
  static inline __attribute__((always_inline)) void pack(const float* x, int n, float* y) noexcept {
    pack_pairs<V>(x, n, y);
  }
};

}  // namespace headrace
