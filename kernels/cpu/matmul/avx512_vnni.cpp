// Quantised products on AVX-512 with VNNI.
//
// A block of 32 inputs is unpacked once into eight vectors of unsigned codes and used by all rows of the call. vpdpbusd
// takes the codes as its unsigned side and four activations, broadcast from memory by the instruction itself, as its
// signed side; the zero point z costs one shift, because the sum starts at -z * sum(activations). Four rows are
// interleaved so that their chains of eight dependent vpdpbusd overlap.
//
// Where a sub-scale multiplies the integer dot (K formats) the product stays below 2^24, so multiplying in binary32
// gives the integer's exact value; fma with +0 keeps a zero positive, as an integer zero is.
#include "cpu/matmul/avx512_formats.h"
#include "cpu/matmul/by_count.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx512_vnni {
namespace {

// kRows rows (1..4) from row kFrom of the call.
template <class F, int kFrom, int kRows>
HR_INLINE void rows(const Block& x, const __m512i w[8], __m512 dw, __m512 mw, __m512 sub, __m512* f) noexcept {
  __m512i dot[kRows];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) dot[r] = start<F>(x.negsum + kFrom + r);
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) {
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) multiply_add(dot[r], w[j], x.q + 32 * (kFrom + r) + 4 * j);
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
    const int m = kFrom + r;
    f[m] = add_block<F>(dot[r], dw, mw, sub, _mm512_set1_ps(x.scale[m]), _mm512_set1_ps(x.sum[m]), f[m]);
  }
}

constexpr int rows_left(int count, int from) { return count - from < 4 ? count - from : 4; }

template <class F, int kCount, int kFrom = 0>
HR_INLINE void all_rows(const Block& x, const __m512i w[8], __m512 dw, __m512 mw, __m512 sub, __m512* f) noexcept {
  if constexpr (kFrom < kCount) {
    rows<F, kFrom, rows_left(kCount, kFrom)>(x, w, dw, mw, sub, f);
    all_rows<F, kCount, kFrom + 4>(x, w, dw, mw, sub, f);
  }
}

template <int kCount>
HR_INLINE void store(const __m512* f, float* out) noexcept {
#pragma GCC unroll 16
  for (int m = 0; m < kCount; ++m) _mm512_store_ps(out + 16 * m, f[m]);
}

template <class F>
struct Product {
  template <int kCount>
  struct Kernel {
    static void tile(const void* packed, std::int64_t columns, const QuantisedGroup& x, int first,
                     float* out) noexcept {
      const Bytes tile = static_cast<Bytes>(packed);
      __m512 f[kCount];
#pragma GCC unroll 16
      for (int m = 0; m < kCount; ++m) f[m] = _mm512_setzero_ps();
      for (Offset b = 0; b < columns / 32; ++b) {
        __m512i w[8];
        F::unpack(tile, b, w);
        F::ahead(tile, b);
        all_rows<F, kCount>(block_at(x, b, first), w, F::scale(tile, b), F::minimum(tile, b), F::sub_scale(tile, b), f);
      }
      store<kCount>(f, out);
    }
  };
};

// Q6_K. Two sub-blocks of 16 with a scale each; the zero point needs the activations' sums per 16, which the group does
// not carry: they are taken here, four lanes per half row, and stored where a broadcast can read them.
template <int kCount>
HR_INLINE void zero_points(const std::int8_t* q, std::int32_t* starts) noexcept {
  const __m512i ones = _mm512_set1_epi8(1);
#pragma GCC unroll 8
  for (int m = 0; m < kCount; m += 2) {
    const __mmask16 lanes = m + 1 < kCount ? 0xFFFF : 0x00FF;
    const __m512i codes = _mm512_maskz_loadu_epi32(lanes, q + 32 * m);
    __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), ones, codes);
    sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_BADC));
    sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_CDAB));
    _mm512_store_si512(starts + 8 * m, _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(sum, 5)));
  }
}

template <int kCount>
struct ProductQ6_K {
  static void tile(const void* packed, std::int64_t columns, const QuantisedGroup& x, int first, float* out) noexcept {
    const Bytes tile = static_cast<Bytes>(packed);
    alignas(64) std::int32_t starts[(kCount + 1) / 2 * 16];
    __m512 f[kCount];
#pragma GCC unroll 16
    for (int m = 0; m < kCount; ++m) f[m] = _mm512_setzero_ps();
    for (Offset b = 0; b < columns / 32; ++b) {
      const Block block = block_at(x, b, first);
      const Bytes codes = tile + LayoutQ6_K::codes(b);
      const Bytes sub_scales = tile + LayoutQ6_K::sub_scales(b);
      zero_points<kCount>(block.q, starts);
      __m512i w[8];
      unpack_six_bits(codes, w);
      unpack_six_bits(codes + kSixHalf, w + 4);
      prefetch<384>(codes);
      prefetch<64>(sub_scales);
      const __m512 dw = _mm512_load_ps(tile + LayoutQ6_K::scales(b));
      const __m512 sub0 = load_signed_bytes(sub_scales);
      const __m512 sub1 = load_signed_bytes(sub_scales + 16);
#pragma GCC unroll 16
      for (int m = 0; m < kCount; ++m) {
        __m512i dot0 = _mm512_set1_epi32(starts[8 * m]);
        __m512i dot1 = _mm512_set1_epi32(starts[8 * m + 4]);
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) {
          multiply_add(dot0, w[j], block.q + 32 * m + 4 * j);
          multiply_add(dot1, w[j + 4], block.q + 32 * m + 16 + 4 * j);
        }
        __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot0), sub0, _mm512_setzero_ps());
        value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot1), sub1, value);
        f[m] = _mm512_fmadd_ps(value, _mm512_mul_ps(dw, _mm512_set1_ps(block.scale[m])), f[m]);
      }
    }
    store<kCount>(f, out);
  }
};

}  // namespace

QuantisedTile quantised_tile(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_Q4_0: return quantised_by_count<Product<FormatQ4_0>::Kernel>(count);
    case HR_Q4_1: return quantised_by_count<Product<FormatQ4_1>::Kernel>(count);
    case HR_Q5_0: return quantised_by_count<Product<FormatQ5_0>::Kernel>(count);
    case HR_Q5_1: return quantised_by_count<Product<FormatQ5_1>::Kernel>(count);
    case HR_Q8_0: return quantised_by_count<Product<FormatQ8_0>::Kernel>(count);
    case HR_Q4_K: return quantised_by_count<Product<FormatQ4_K>::Kernel>(count);
    case HR_Q5_K: return quantised_by_count<Product<FormatQ5_K>::Kernel>(count);
    case HR_Q6_K: return quantised_by_count<ProductQ6_K>(count);
    default: return nullptr;
  }
}

}  // namespace headrace::avx512_vnni
