// Products of F32, F16 and BF16 weights on AVX-512: four chains over the inputs per output, at most six rows at a time
// so that the 24 chains stay in registers.
#include "cpu/matmul/avx512_intrinsics.h"
#include "cpu/matmul/by_count.h"
#include "cpu/matmul/layout.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx512_vnni {
namespace {

using Bytes = const std::uint8_t*;

constexpr int kTogether = 6;
constexpr Offset kAhead = 4096;  // the hardware prefetcher stops at page borders

#define HR_INLINE [[gnu::always_inline]] static inline

HR_INLINE __m256i load_halves(Bytes at) noexcept { return _mm256_load_si256(reinterpret_cast<const __m256i*>(at)); }

struct FormatF32 : LayoutF32 {
  HR_INLINE __m512 weights(Bytes at) noexcept { return _mm512_load_ps(at); }
};
struct FormatF16 : LayoutF16 {
  HR_INLINE __m512 weights(Bytes at) noexcept { return _mm512_cvtph_ps(load_halves(at)); }
};
struct FormatBF16 : LayoutBF16 {
  HR_INLINE __m512 weights(Bytes at) noexcept {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(load_halves(at)), 16));
  }
};

// chain[r][kChain] += weights at column k + kChain times x[r][k + kChain].
template <class F, int kRows, int kChain>
HR_INLINE void step(Bytes tile, std::int64_t k, const float* x, std::int64_t stride,
                    __m512 (&chain)[kRows][4]) noexcept {
  const __m512 w = F::weights(tile + F::column(k + kChain));
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    chain[r][kChain] = _mm512_fmadd_ps(w, _mm512_set1_ps(x[r * stride + k + kChain]), chain[r][kChain]);
  }
}

template <class F, int kRows>
HR_INLINE void rows(Bytes tile, std::int64_t columns, const float* x, std::int64_t stride, float* out) noexcept {
  __m512 chain[kRows][4];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) chain[r][c] = _mm512_setzero_ps();
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
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    const __m512 first = _mm512_add_ps(chain[r][0], chain[r][1]);
    _mm512_store_ps(out + 16 * r, _mm512_add_ps(first, _mm512_add_ps(chain[r][2], chain[r][3])));
  }
}

template <class F>
struct Product {
  template <int kCount>
  struct Kernel {
    static void tile(const void* packed, std::int64_t columns, const FloatGroup& x, int first, float* out) noexcept {
      const Bytes tile = static_cast<Bytes>(packed);
      const float* from = x.x + first * x.stride;
      constexpr int kWhole = kCount / kTogether * kTogether;
      for (int m = 0; m < kWhole; m += kTogether)
        rows<F, kTogether>(tile, columns, from + m * x.stride, x.stride, out + 16 * m);
      if constexpr (kWhole < kCount) {
        rows<F, kCount - kWhole>(tile, columns, from + kWhole * x.stride, x.stride, out + 16 * kWhole);
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

}  // namespace headrace::avx512_vnni
