// Quantised products on AVX2 with FMA and F16C.
//
// A vector of a tile is two registers: lanes 0..7 and 8..15. A block of 32 inputs is unpacked once into the first-level
// cache and used by all rows of the call; a row's 16 results live in `out` between blocks. 16 registers would not hold
// more.
//
// vpmaddubsw adds two products in 16 bits and saturates, so what it is given must keep clear of 32,767:
//   Q4        codes 0..15, pairs reach 2 x 15 x 127 = 3,810; the eight of a block are added before widening: 30,480
//   Q5        codes 0..31, pairs reach 7,874; four: 31,496
//   Q6_K      the code's sign moves to the activation, magnitudes 0..32, pairs reach 8,128; the four of a sub-block:
//             32,512
//   Q8_0      the same, magnitudes 0..128, a pair reaches 32,512 and is widened at once
// Activations, and each plane of two, lie in [-127, 127], so they always have a negative.
//
// Where a sub-scale multiplies the integer dot (K formats) both stay below 2^24 and so does the product of one plane:
// multiplying in binary32 gives what converting the integer product gives. fma with +0 keeps a zero positive, as an
// integer zero is. Two planes of Q6_K are put together after their sub-scales, in the one rounding of an fma.
#include <immintrin.h>

#include <cstring>

#include "cpu/matmul/by_count.h"
#include "cpu/matmul/layout.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx2 {
namespace {

using Bytes = const std::uint8_t*;

constexpr Offset kAhead = 4096;  // the hardware prefetcher stops at page borders

#define HR_INLINE [[gnu::always_inline]] static inline

HR_INLINE __m256i load(Bytes at) noexcept { return _mm256_load_si256(reinterpret_cast<const __m256i*>(at)); }
HR_INLINE __m256 load_halves(Bytes at) noexcept {
  return _mm256_cvtph_ps(_mm_load_si128(reinterpret_cast<const __m128i*>(at)));
}
HR_INLINE __m128i load_8(Bytes at) noexcept { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at)); }
HR_INLINE __m256 load_bytes(Bytes at) noexcept { return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(load_8(at))); }
HR_INLINE __m256 load_signed_bytes(Bytes at) noexcept { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(load_8(at))); }

HR_INLINE void prefetch(Bytes at, Offset bytes) noexcept {
  for (Offset line = 0; line < bytes; line += 64)
    _mm_prefetch(reinterpret_cast<const char*>(at + kAhead + line), _MM_HINT_T0);
}

// Two lane halves of a 16-lane vector.
struct Lanes {
  __m256 half[2];
};

// A block spelt out: magnitudes multiply, codes carry signs where a format's are signed.
struct Block {
  __m256i magnitude[8][2];
  __m256i code[8][2];
  Lanes scale;
  Lanes minimum;
  Lanes sub[2];
};

HR_INLINE void unpack_nibbles(Bytes codes, Block& block) noexcept {
  const __m256i low = _mm256_set1_epi8(0x0F);
  for (int j = 0; j < 4; ++j) {
    for (int h = 0; h < 2; ++h) {
      const __m256i both = load(codes + 64 * j + 32 * h);
      block.magnitude[j][h] = _mm256_and_si256(both, low);
      block.magnitude[j + 4][h] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low);
    }
  }
}

HR_INLINE void unpack_five_bits(Bytes codes, Block& block) noexcept {
  const __m256i bit = _mm256_set1_epi8(0x10);
  unpack_nibbles(codes, block);
  for (int h = 0; h < 2; ++h) {
    const __m256i fifth = load(codes + kFifth + 32 * h);
    for (int j = 0; j < 8; ++j) {
      const __m256i moved = j < 4 ? _mm256_slli_epi16(fifth, 4 - j) : _mm256_srli_epi16(fifth, j - 4);
      block.magnitude[j][h] = _mm256_or_si256(block.magnitude[j][h], _mm256_and_si256(moved, bit));
    }
  }
}

HR_INLINE void put_signed(Block& block, int j, int h, __m256i code) noexcept {
  block.code[j][h] = code;
  block.magnitude[j][h] = _mm256_abs_epi8(code);  // -128 becomes 128 as an unsigned byte
}

HR_INLINE void unpack_bytes(Bytes codes, Block& block) noexcept {
  const __m256i sign = _mm256_set1_epi8(-128);
  for (int j = 0; j < 8; ++j) {
    for (int h = 0; h < 2; ++h) put_signed(block, j, h, _mm256_xor_si256(load(codes + 64 * j + 32 * h), sign));
  }
}

HR_INLINE void unpack_six_bits(Bytes codes, Block& block) noexcept {
  const __m256i low = _mm256_set1_epi8(0x0F);
  const __m256i pair = _mm256_set1_epi8(0x30);
  const __m256i zero_point = _mm256_set1_epi8(32);
  for (int sub = 0; sub < 2; ++sub) {
    const Bytes from = codes + kSixHalf * sub;
    for (int h = 0; h < 2; ++h) {
      const __m256i upper = load(from + kSixUpper + 32 * h);
      for (int j = 0; j < 4; ++j) {
        const __m256i both = load(from + j % 2 * 64 + 32 * h);
        const __m256i nibble = _mm256_and_si256(j < 2 ? both : _mm256_srli_epi16(both, 4), low);
        const __m256i moved = j < 2 ? _mm256_slli_epi16(upper, 4 - 2 * j) : _mm256_srli_epi16(upper, 2 * j - 4);
        const __m256i code = _mm256_sub_epi8(_mm256_or_si256(nibble, _mm256_and_si256(moved, pair)), zero_point);
        put_signed(block, 4 * sub + j, h, code);
      }
    }
  }
}

// A format: its layout, how codes unpack, how many vpmaddubsw results fit 16 bits together, whether codes are signed,
// log2 of the zero point of unsigned ones (0: none).
template <class Layout, void (*kUnpack)(Bytes, Block&), Offset kCodeBytes, int kTogetherInShorts, bool kSignedCodes,
          int kZeroShift>
struct Format : Layout {
  static constexpr int kTogether = kTogetherInShorts;
  static constexpr bool kSigned = kSignedCodes;
  static constexpr int kShift = kZeroShift;
  static constexpr bool kHasMinimum = requires { Layout::minimums(0); };
  static constexpr bool kSix = kUnpack == unpack_six_bits;
  static constexpr bool kHasSub = requires { Layout::sub_scales(0); };

  HR_INLINE void unpack(Bytes tile, Offset b, Block& block) noexcept {
    kUnpack(tile + Layout::codes(b), block);
    prefetch(tile + Layout::codes(b), kCodeBytes);
    for (int h = 0; h < 2; ++h) {
      if constexpr (kSix) {
        block.scale.half[h] = _mm256_load_ps(reinterpret_cast<const float*>(tile + Layout::scales(b) + 32 * h));
        block.sub[0].half[h] = load_signed_bytes(tile + Layout::sub_scales(b) + 8 * h);
        block.sub[1].half[h] = load_signed_bytes(tile + Layout::sub_scales(b) + 16 + 8 * h);
      } else {
        block.scale.half[h] = load_halves(tile + Layout::scales(b) + 16 * h);
        if constexpr (kHasMinimum) block.minimum.half[h] = load_halves(tile + Layout::minimums(b) + 16 * h);
        if constexpr (kHasSub) {
          block.sub[0].half[h] = load_bytes(tile + Layout::sub_scales(b) + 8 * h);
          block.minimum.half[h] =
              _mm256_mul_ps(block.minimum.half[h], load_bytes(tile + Layout::sub_minimums(b) + 8 * h));
        }
      }
    }
    if constexpr (kHasSub) {
      prefetch(tile + Layout::sub_scales(b), 64);
    } else {
      prefetch(tile + Layout::scales(b), 64);
    }
  }
};

using FormatQ4_0 = Format<LayoutQ4_0, unpack_nibbles, 256, 8, false, 3>;
using FormatQ5_0 = Format<LayoutQ5_0, unpack_five_bits, 320, 4, false, 4>;
using FormatQ8_0 = Format<LayoutQ8_0, unpack_bytes, 512, 1, true, 0>;
using FormatQ4_1 = Format<LayoutQ4_1, unpack_nibbles, 256, 8, false, 0>;
using FormatQ5_1 = Format<LayoutQ5_1, unpack_five_bits, 320, 4, false, 0>;
using FormatQ4_K = Format<LayoutQ4_K, unpack_nibbles, 256, 8, false, 0>;
using FormatQ5_K = Format<LayoutQ5_K, unpack_five_bits, 320, 4, false, 0>;
using FormatQ6_K = Format<LayoutQ6_K, unpack_six_bits, 384, 4, true, 0>;

struct Sums {
  __m256i half[2];
};

// sums += vectors [kFrom, kTo) of the block times a row's activations.
template <class F, int kFrom, int kTo>
HR_INLINE Sums dot(const Block& block, const std::int8_t* q, Sums sums) noexcept {
  const __m256i ones = _mm256_set1_epi16(1);
#pragma GCC unroll 8
  for (int j = kFrom; j < kTo; j += F::kTogether) {
    __m256i shorts[2] = {};
#pragma GCC unroll 8
    for (int t = 0; t < F::kTogether; ++t) {
      std::int32_t four;
      std::memcpy(&four, q + 4 * (j + t), sizeof four);
      const __m256i x = _mm256_set1_epi32(four);
#pragma GCC unroll 2
      for (int h = 0; h < 2; ++h) {
        const __m256i signed_x = F::kSigned ? _mm256_sign_epi8(x, block.code[j + t][h]) : x;
        const __m256i pairs = _mm256_maddubs_epi16(block.magnitude[j + t][h], signed_x);
        shorts[h] = t == 0 ? pairs : _mm256_add_epi16(shorts[h], pairs);
      }
    }
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) sums.half[h] = _mm256_add_epi32(sums.half[h], _mm256_madd_epi16(shorts[h], ones));
  }
  return sums;
}

HR_INLINE Sums all_equal(std::int32_t value) noexcept { return {{_mm256_set1_epi32(value), _mm256_set1_epi32(value)}}; }

// sums of the high plane go in, 128 times them plus those of the low plane come out.
HR_INLINE Sums with_low_plane(Sums high, Sums low) noexcept {
  for (int h = 0; h < 2; ++h)
    low.half[h] = _mm256_add_epi32(_mm256_slli_epi32(high.half[h], kPlaneShift), low.half[h]);
  return low;
}

// float(dot) for both halves, sub-scales applied.
template <class F, Planes kPlanes>
HR_INLINE Lanes dot_value(const Block& block, const std::int8_t* q, std::int32_t negsum) noexcept {
  const __m256 zero = _mm256_setzero_ps();
  Lanes value;
  if constexpr (F::kSix && kPlanes == Planes::kTwo) {
    const Lanes high = dot_value<F, Planes::kOne>(block, q, 0);
    const Lanes low = dot_value<F, Planes::kOne>(block, q + 32, 0);
    const __m256 step = _mm256_set1_ps(1 << kPlaneShift);
    for (int h = 0; h < 2; ++h) value.half[h] = _mm256_fmadd_ps(high.half[h], step, low.half[h]);
  } else if constexpr (F::kSix) {
    const Sums first = dot<F, 0, 4>(block, q, all_equal(0));
    const Sums second = dot<F, 4, 8>(block, q, all_equal(0));
    for (int h = 0; h < 2; ++h) {
      value.half[h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(first.half[h]), block.sub[0].half[h], zero);
      value.half[h] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(second.half[h]), block.sub[1].half[h], value.half[h]);
    }
  } else {
    const Sums start = all_equal(F::kShift == 0 ? 0 : negsum * (1 << F::kShift));
    Sums sums;
    if constexpr (kPlanes == Planes::kTwo) {
      sums = with_low_plane(dot<F, 0, 8>(block, q, all_equal(0)), dot<F, 0, 8>(block, q + 32, start));
    } else {
      sums = dot<F, 0, 8>(block, q, start);
    }
    for (int h = 0; h < 2; ++h) {
      value.half[h] = _mm256_cvtepi32_ps(sums.half[h]);
      if constexpr (F::kHasSub) value.half[h] = _mm256_fmadd_ps(value.half[h], block.sub[0].half[h], zero);
    }
  }
  return value;
}

template <class F, Planes kPlanes>
void product(Bytes tile, std::int64_t columns, const QuantisedGroup& x, int first, int count, float* out) noexcept {
  for (int i = 0; i < 16 * count; ++i) out[i] = 0.0f;
  for (Offset b = 0; b < columns / 32; ++b) {
    Block block;
    F::unpack(tile, b, block);
    for (int m = 0; m < count; ++m) {
      const Offset at = b * x.rows + first + m;
      const Lanes value = dot_value<F, kPlanes>(block, x.q + bytes_of_block(kPlanes) * at, x.negsum[at]);
      const __m256 dx = _mm256_set1_ps(x.scale[at]);
      const __m256 sum_x = _mm256_set1_ps(x.sum[at]);
      for (int h = 0; h < 2; ++h) {
        float* const to = out + 16 * m + 8 * h;
        __m256 f = _mm256_fmadd_ps(value.half[h], _mm256_mul_ps(block.scale.half[h], dx), _mm256_load_ps(to));
        if constexpr (F::kHasMinimum && F::kHasSub) f = _mm256_fnmadd_ps(block.minimum.half[h], sum_x, f);
        if constexpr (F::kHasMinimum && !F::kHasSub) f = _mm256_fmadd_ps(block.minimum.half[h], sum_x, f);
        _mm256_store_ps(to, f);
      }
    }
  }
}

template <class F, Planes kPlanes>
struct Product {
  template <int kCount>
  struct Kernel {
    static void tile(const void* tile, std::int64_t columns, const QuantisedGroup& x, int first, float* out) noexcept {
      product<F, kPlanes>(static_cast<Bytes>(tile), columns, x, first, kCount, out);
    }
  };
};

template <Planes kPlanes>
QuantisedTile tile_of(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_Q4_0: return quantised_by_count<Product<FormatQ4_0, kPlanes>::template Kernel>(count);
    case HR_Q4_1: return quantised_by_count<Product<FormatQ4_1, kPlanes>::template Kernel>(count);
    case HR_Q5_0: return quantised_by_count<Product<FormatQ5_0, kPlanes>::template Kernel>(count);
    case HR_Q5_1: return quantised_by_count<Product<FormatQ5_1, kPlanes>::template Kernel>(count);
    case HR_Q8_0: return quantised_by_count<Product<FormatQ8_0, kPlanes>::template Kernel>(count);
    case HR_Q4_K: return quantised_by_count<Product<FormatQ4_K, kPlanes>::template Kernel>(count);
    case HR_Q5_K: return quantised_by_count<Product<FormatQ5_K, kPlanes>::template Kernel>(count);
    case HR_Q6_K: return quantised_by_count<Product<FormatQ6_K, kPlanes>::template Kernel>(count);
    default: return nullptr;
  }
}

}  // namespace

QuantisedTile quantised_tile(std::int32_t format, int count) noexcept { return tile_of<Planes::kOne>(format, count); }

QuantisedTile planes_tile(std::int32_t format, int count) noexcept { return tile_of<Planes::kTwo>(format, count); }

}  // namespace headrace::avx2
