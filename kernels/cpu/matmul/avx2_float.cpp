// Products of F32, F16 and BF16 weights on AVX2 with FMA and F16C: eight lanes of a tile and at most three rows at a
// time, so that their twelve chains stay in registers.
#include <immintrin.h>

#include "cpu/matmul/by_count.h"
#include "cpu/matmul/layout.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx2 {
namespace {

using Bytes = const std::uint8_t*;

constexpr int kTogether = 3;
constexpr Offset kAhead = 4096;  // the hardware prefetcher stops at page borders

#define HR_INLINE [[gnu::always_inline]] static inline

HR_INLINE __m128i load_halves(Bytes at) noexcept { return _mm_load_si128(reinterpret_cast<const __m128i*>(at)); }

// weights(at): eight lanes; kLanes: bytes from lanes 0..7 to lanes 8..15.
struct FormatF32 : LayoutF32 {
  static constexpr Offset kLanes = 32;
  HR_INLINE __m256 weights(Bytes at) noexcept { return _mm256_load_ps(reinterpret_cast<const float*>(at)); }
};
struct FormatF16 : LayoutF16 {
  static constexpr Offset kLanes = 16;
  HR_INLINE __m256 weights(Bytes at) noexcept { return _mm256_cvtph_ps(load_halves(at)); }
};
struct FormatBF16 : LayoutBF16 {
  static constexpr Offset kLanes = 16;
  HR_INLINE __m256 weights(Bytes at) noexcept {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(load_halves(at)), 16));
  }
};

// chain[r][kChain] += weights at column k + kChain times x[r][k + kChain].
template <class F, int kRows, int kChain>
HR_INLINE void step(Bytes tile, std::int64_t k, const float* x, std::int64_t stride,
                    __m256 (&chain)[kRows][4]) noexcept {
  const __m256 w = F::weights(tile + F::column(k + kChain));
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) {
    chain[r][kChain] = _mm256_fmadd_ps(w, _mm256_broadcast_ss(x + r * stride + k + kChain), chain[r][kChain]);
  }
}

template <class F, int kRows>
HR_INLINE void rows(Bytes tile, std::int64_t columns, const float* x, std::int64_t stride, float* out) noexcept {
  __m256 chain[kRows][4];
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) chain[r][c] = _mm256_setzero_ps();
  }
  std::int64_t k = 0;
  for (; k + 4 <= columns; k += 4) {
    for (Offset line = 0; line < F::column(4); line += 64) {
      _mm_prefetch(reinterpret_cast<const char*>(tile + F::column(k) + kAhead + line), _MM_HINT_T0);
    }
    step<F, kRows, 0>(tile, k, x, stride, chain);
    step<F, kRows, 1>(tile, k, x, stride, chain);
    step<F, kRows, 2>(tile, k, x, stride, chain);
    step<F, kRows, 3>(tile, k, x, stride, chain);
  }
  if (k + 0 < columns) step<F, kRows, 0>(tile, k, x, stride, chain);
  if (k + 1 < columns) step<F, kRows, 1>(tile, k, x, stride, chain);
  if (k + 2 < columns) step<F, kRows, 2>(tile, k, x, stride, chain);
#pragma GCC unroll 3
  for (int r = 0; r < kRows; ++r) {
    const __m256 first = _mm256_add_ps(chain[r][0], chain[r][1]);
    _mm256_store_ps(out + 16 * r, _mm256_add_ps(first, _mm256_add_ps(chain[r][2], chain[r][3])));
  }
}

template <class F>
struct Product {
  template <int kCount>
  struct Kernel {
    static void tile(const void* packed, std::int64_t columns, const FloatGroup& x, int first, float* out) noexcept {
      const float* from = x.x + first * x.stride;
      constexpr int kWhole = kCount / kTogether * kTogether;
      for (int h = 0; h < 2; ++h) {
        const Bytes tile = static_cast<Bytes>(packed) + F::kLanes * h;
        float* const to = out + 8 * h;
        for (int m = 0; m < kWhole; m += kTogether)
          rows<F, kTogether>(tile, columns, from + m * x.stride, x.stride, to + 16 * m);
        if constexpr (kWhole < kCount) {
          rows<F, kCount - kWhole>(tile, columns, from + kWhole * x.stride, x.stride, to + 16 * kWhole);
        }
      }
    }
  };
};

}  // namespace

FloatTile float_tile(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_F32: return float_by_count<Product<FormatF32>::Kernel>(count);
    case HR_F16: return float_by_count<Product<FormatF16>::Kernel>(count);
    case HR_BF16: return float_by_count<Product<FormatBF16>::Kernel>(count);
    default: return nullptr;
  }
}

}  // namespace headrace::avx2
