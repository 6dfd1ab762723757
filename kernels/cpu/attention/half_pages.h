// How a micro-kernel reads pages of binary16 and multiplies what it read (interface of a page format):
//   kRows, kAccumulators  rows and accumulators of a micro-kernel
//   kWideFrom             rows from which on what is read is widened once for all (wide.h); more than kBatchRows: never
//   kStep                 inputs (dimensions of a score, tokens of an output) that one multiplication takes
//   Vector, load          16 lanes of kStep inputs each, from 16 kStep halves
//   Factor, factor        one row's kStep inputs in all lanes, from its packed word
//   multiply(a, x, y)     a + x * y as the law says
//   load_last(p)          load, when only the first input of each lane is present
//   round(p)              probabilities as they are summed and packed
//   pack(x, n, y)         n floats (a multiple of 16) to packed words; y may be x
#pragma once
#include <cstdint>

namespace headrace {

// n floats to n bfloat16, two in a word; y may be x.
template <class V>
inline void pack_pairs(const float* x, int n, float* y) noexcept {
  std::uint16_t* half = reinterpret_cast<std::uint16_t*>(y);
  for (int i = 0; i < n; i += 16) V::store_pair_half(half + i, V::load(x + i));
}

template <class V>
struct HalfPages {
  using F = typename V::F;
  using Vector = F;
  using Factor = F;

  static constexpr int kRows = V::kMicroRows;
  static constexpr int kAccumulators = V::kAccumulators;
  static constexpr int kWideFrom = V::kWideFrom;
  static constexpr int kStep = 1;

  static inline __attribute__((always_inline)) Vector load(const std::uint16_t* p) noexcept { return V::load_half(p); }
  static inline __attribute__((always_inline)) Vector load_last(const std::uint16_t* p) noexcept { return load(p); }
  static inline __attribute__((always_inline)) Factor factor(const float* p) noexcept { return V::set(*p); }
  static inline __attribute__((always_inline)) F multiply(F a, Vector x, Factor y) noexcept { return V::fma(y, x, a); }
  static inline __attribute__((always_inline)) F round(F p) noexcept { return p; }
  static inline __attribute__((always_inline)) void pack(const float* x, int n, float* y) noexcept {
    if (x == y) return;
    for (int i = 0; i < n; i += 16) V::store(y + i, V::load(x + i));
  }
};

}  // namespace headrace
