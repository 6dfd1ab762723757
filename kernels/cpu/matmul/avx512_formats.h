// What the AVX-512 products share: loads, and the formats' ways of unpacking a block of 32 inputs into eight vectors of
// unsigned codes.
#pragma once
#include "cpu/matmul/avx512_intrinsics.h"
#include "cpu/matmul/layout.h"
#include "cpu/matmul/matmul.h"

namespace headrace::avx512_vnni {
namespace {

using Bytes = const std::uint8_t*;
using FourCodes [[gnu::may_alias, gnu::aligned(1)]] = std::int32_t;

constexpr Offset kAhead = 4096;  // the hardware prefetcher stops at page borders

#define HR_INLINE [[gnu::always_inline]] static inline

HR_INLINE __m512i load(Bytes at) noexcept { return _mm512_load_si512(at); }
HR_INLINE __m512 load_halves(Bytes at) noexcept {
  return _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(at)));
}
HR_INLINE __m128i load_16(Bytes at) noexcept { return _mm_load_si128(reinterpret_cast<const __m128i*>(at)); }
HR_INLINE __m512 load_bytes(Bytes at) noexcept { return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(load_16(at))); }
HR_INLINE __m512 load_signed_bytes(Bytes at) noexcept { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(load_16(at))); }

template <Offset kBytes>
HR_INLINE void prefetch(Bytes at) noexcept {
#pragma GCC unroll 16
  for (Offset line = 0; line < kBytes; line += 64)
    _mm_prefetch(reinterpret_cast<const char*>(at + kAhead + line), _MM_HINT_T0);
}

// sum += four products of codes and the four activations at x. The intrinsic would broadcast apart.
HR_INLINE void multiply_add(__m512i& sum, __m512i codes, const std::int8_t* x) noexcept {
  asm("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(codes), "m"(*reinterpret_cast<const FourCodes*>(x)));
}

// How codes unpack: two<j> gives the vectors of inputs 4 j .. and 16 + 4 j .. of a block, j in 0..3; `fifth` is the
// block's vector of fifth bits.
struct Nibbles {
  static constexpr Offset kBytes = 256;
  HR_INLINE __m512i fifth(Bytes) noexcept { return _mm512_setzero_si512(); }
  template <int j>
  HR_INLINE void two(Bytes codes, __m512i, __m512i& first, __m512i& second) noexcept {
    const __m512i low = _mm512_set1_epi8(0x0F);
    const __m512i both = load(codes + 64 * j);
    first = _mm512_and_si512(both, low);
    second = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
  }
};

struct FiveBits {
  static constexpr Offset kBytes = 320;
  HR_INLINE __m512i fifth(Bytes codes) noexcept { return load(codes + kFifth); }
  template <int j>
  HR_INLINE void two(Bytes codes, __m512i fifth, __m512i& first, __m512i& second) noexcept {
    const __m512i bit = _mm512_set1_epi8(0x10);
    Nibbles::two<j>(codes, fifth, first, second);
    first = _mm512_ternarylogic_epi32(first, _mm512_slli_epi16(fifth, 4 - j), bit, 0xF8);  // first | (moved & bit)
    second = _mm512_ternarylogic_epi32(second, _mm512_srli_epi16(fifth, j), bit, 0xF8);
  }
};

struct WholeBytes {
  static constexpr Offset kBytes = 512;
  HR_INLINE __m512i fifth(Bytes) noexcept { return _mm512_setzero_si512(); }
  template <int j>
  HR_INLINE void two(Bytes codes, __m512i, __m512i& first, __m512i& second) noexcept {
    first = load(codes + 64 * j);
    second = load(codes + 64 * (j + 4));
  }
};

// A format: its layout, how codes unpack, log2 of the zero point (0: none).
template <class Layout, class Codes, int kZeroShift>
struct Format : Layout {
  using Unpack = Codes;
  static constexpr int kShift = kZeroShift;
  static constexpr Offset kBlockBytes = Layout::bytes(256) / 8;  // what a block of 32 inputs takes on average
  static constexpr bool kHasMinimum = requires { Layout::minimums(0); };
  static constexpr bool kHasSub = requires { Layout::sub_scales(0); };

  HR_INLINE void ahead(Bytes tile, Offset b) noexcept {
    prefetch<Codes::kBytes>(tile + Layout::codes(b));
    if constexpr (kHasSub) {
      prefetch<64>(tile + Layout::sub_scales(b));
    } else {
      prefetch<64>(tile + Layout::scales(b));
    }
  }
  HR_INLINE void unpack(Bytes tile, Offset b, __m512i w[8]) noexcept {
    const Bytes codes = tile + Layout::codes(b);
    const __m512i fifth = Codes::fifth(codes);
    Codes::template two<0>(codes, fifth, w[0], w[4]);
    Codes::template two<1>(codes, fifth, w[1], w[5]);
    Codes::template two<2>(codes, fifth, w[2], w[6]);
    Codes::template two<3>(codes, fifth, w[3], w[7]);
  }
  HR_INLINE __m512 scale(Bytes tile, Offset b) noexcept { return load_halves(tile + Layout::scales(b)); }
  HR_INLINE __m512 sub_scale(Bytes tile, Offset b) noexcept {
    if constexpr (kHasSub) return load_bytes(tile + Layout::sub_scales(b));
    return _mm512_setzero_ps();
  }
  // K formats: what the activations' sum is multiplied with and then subtracted; others: added.
  HR_INLINE __m512 minimum(Bytes tile, Offset b) noexcept {
    if constexpr (!kHasMinimum)
      return _mm512_setzero_ps();
    else if constexpr (kHasSub)
      return _mm512_mul_ps(load_halves(tile + Layout::minimums(b)), load_bytes(tile + Layout::sub_minimums(b)));
    else
      return load_halves(tile + Layout::minimums(b));
  }
};

using FormatQ4_0 = Format<LayoutQ4_0, Nibbles, 3>;
using FormatQ5_0 = Format<LayoutQ5_0, FiveBits, 4>;
using FormatQ8_0 = Format<LayoutQ8_0, WholeBytes, 7>;
using FormatQ4_1 = Format<LayoutQ4_1, Nibbles, 0>;
using FormatQ5_1 = Format<LayoutQ5_1, FiveBits, 0>;
using FormatQ4_K = Format<LayoutQ4_K, Nibbles, 0>;
using FormatQ5_K = Format<LayoutQ5_K, FiveBits, 0>;

// Q6_K: 16 inputs of a block into four vectors of codes 0..63.
HR_INLINE void unpack_six_bits(Bytes codes, __m512i w[4]) noexcept {
  const __m512i low = _mm512_set1_epi8(0x0F);
  const __m512i pair = _mm512_set1_epi8(0x30);
  const __m512i upper = load(codes + kSixUpper);
#pragma GCC unroll 2
  for (int j = 0; j < 2; ++j) {
    const __m512i both = load(codes + 64 * j);
    w[j] = _mm512_and_si512(both, low);
    w[j + 2] = _mm512_and_si512(_mm512_srli_epi16(both, 4), low);
  }
  w[0] = _mm512_ternarylogic_epi32(w[0], _mm512_slli_epi16(upper, 4), pair, 0xF8);
  w[1] = _mm512_ternarylogic_epi32(w[1], _mm512_slli_epi16(upper, 2), pair, 0xF8);
  w[2] = _mm512_ternarylogic_epi32(w[2], upper, pair, 0xF8);
  w[3] = _mm512_ternarylogic_epi32(w[3], _mm512_srli_epi16(upper, 2), pair, 0xF8);
}

// What one row adds to its 16 outputs: f + value of the block.
template <class F>
HR_INLINE __m512 add_block(__m512i dot, __m512 dw, __m512 mw, __m512 sub, __m512 dx, __m512 sum_x, __m512 f) noexcept {
  __m512 value = _mm512_cvtepi32_ps(dot);
  if constexpr (F::kHasSub) value = _mm512_fmadd_ps(value, sub, _mm512_setzero_ps());
  f = _mm512_fmadd_ps(value, _mm512_mul_ps(dw, dx), f);
  if constexpr (F::kHasSub)
    return _mm512_fnmadd_ps(mw, sum_x, f);
  else if constexpr (F::kHasMinimum)
    return _mm512_fmadd_ps(mw, sum_x, f);
  else
    return f;
}

// Where a row's dot starts: at -zero point * sum of activations.
template <class F>
HR_INLINE __m512i start(const std::int32_t* negsum) noexcept {
  if constexpr (F::kShift == 0) return _mm512_setzero_si512();
  return _mm512_slli_epi32(_mm512_set1_epi32(*negsum), F::kShift);
}

// The activations of one block, from the call's first row on.
struct Block {
  const std::int8_t* q;
  const float* scale;
  const float* sum;
  const std::int32_t* negsum;
};

HR_INLINE Block block_at(const QuantisedGroup& x, Offset b, int first) noexcept {
  const Offset at = b * x.rows + first;
  return {x.q + 32 * at, x.scale + at, x.sum + at, x.negsum + at};
}

}  // namespace
}  // namespace headrace::avx512_vnni
