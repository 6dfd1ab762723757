// Products of weights with activations of two planes on AVX-512 with VNNI.
//
// The planes of a row are multiplied like two rows: the same unpacked codes, two dots that do not wait for each other.
// Then 128 * dot_hi + dot_lo, a shift and an addition, takes the one float step that a row of one plane takes. The zero
// point enters once, with the low plane.
//
// One tile: two rows at a time, four dots. Two neighbouring tiles: four rows at a time, sixteen dots and eight sums, one
// broadcast for both (avx512_pair.cpp says why).
//
// K formats: dot and sub-scale are below 2^24, so their product in binary32 is the integer product rounded once, as
// the conversion of the integer would round it. Q6_K adds two such products and would overstep that, so its planes are
// put together after the sub-scales: both halves exact, one fma rounds.
#include "cpu/matmul/avx512_formats.h"
#include "cpu/matmul/by_count.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx512_vnni {
namespace {

constexpr Offset kRowBytes = bytes_of_block(Planes::kTwo);

// The activations of one block, from the call's first row on.
HR_INLINE Block planes_at(const QuantisedGroup& x, Offset b, int first) noexcept {
  const Offset at = b * x.rows + first;
  return {x.q + kRowBytes * at, x.scale + at, x.sum + at, x.negsum + at};
}

HR_INLINE __m512i join(__m512i high, __m512i low) noexcept {
  return _mm512_add_epi32(_mm512_slli_epi32(high, kPlaneShift), low);
}

// ---- one tile ---------------------------------------------------------------------------------------------------------

constexpr int kRowsOfOne = 2;

// kRows rows from row kFrom of the call.
template <class F, int kFrom, int kRows>
HR_INLINE void rows_of_one(const Block& x, const __m512i w[8], __m512 dw, __m512 mw, __m512 sub, __m512* f) noexcept {
  __m512i high[kRows];
  __m512i low[kRows];
#pragma GCC unroll 2
  for (int r = 0; r < kRows; ++r) {
    high[r] = _mm512_setzero_si512();
    low[r] = start<F>(x.negsum + kFrom + r);
  }
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) {
#pragma GCC unroll 2
    for (int r = 0; r < kRows; ++r) {
      multiply_add(high[r], w[j], x.q + kRowBytes * (kFrom + r) + 4 * j);
      multiply_add(low[r], w[j], x.q + kRowBytes * (kFrom + r) + 32 + 4 * j);
    }
  }
#pragma GCC unroll 2
  for (int r = 0; r < kRows; ++r) {
    const int m = kFrom + r;
    const __m512i dot = join(high[r], low[r]);
    f[m] = add_block<F>(dot, dw, mw, sub, _mm512_set1_ps(x.scale[m]), _mm512_set1_ps(x.sum[m]), f[m]);
  }
}

template <class F, int kCount, int kFrom = 0>
HR_INLINE void all_rows_of_one(const Block& x, const __m512i w[8], __m512 dw, __m512 mw, __m512 sub,
                               __m512* f) noexcept {
  if constexpr (kFrom < kCount) {
    constexpr int kRows = kCount - kFrom < kRowsOfOne ? kCount - kFrom : kRowsOfOne;
    rows_of_one<F, kFrom, kRows>(x, w, dw, mw, sub, f);
    all_rows_of_one<F, kCount, kFrom + kRows>(x, w, dw, mw, sub, f);
  }
}

template <class F>
struct One {
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
        all_rows_of_one<F, kCount>(planes_at(x, b, first), w, F::scale(tile, b), F::minimum(tile, b),
                                   F::sub_scale(tile, b), f);
      }
#pragma GCC unroll 16
      for (int m = 0; m < kCount; ++m) _mm512_store_ps(out + 16 * m, f[m]);
    }
  };
};

// ---- two tiles --------------------------------------------------------------------------------------------------------

constexpr int kRowsOfTwo = 4;

// dot[r][plane][t] += one vector of codes of both tiles times four activations of every row and plane.
template <int kRows>
HR_INLINE void multiply_add_both(const __m512i w[2], const std::int8_t* q, __m512i (&dot)[kRows][2][2]) noexcept {
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int plane = 0; plane < 2; ++plane) {
      const __m512i x = _mm512_set1_epi32(*reinterpret_cast<const FourCodes*>(q + kRowBytes * r + 32 * plane));
      dot[r][plane][0] = _mm512_dpbusd_epi32(dot[r][plane][0], w[0], x);
      dot[r][plane][1] = _mm512_dpbusd_epi32(dot[r][plane][1], w[1], x);
    }
  }
}

// Inputs 4 j .. and 16 + 4 j .. of a block.
template <class F, int kRows, int j>
HR_INLINE void step_of_two(const Bytes codes[2], const __m512i fifth[2], const std::int8_t* q,
                           __m512i (&dot)[kRows][2][2]) noexcept {
  __m512i first[2];
  __m512i second[2];
  F::Unpack::template two<j>(codes[0], fifth[0], first[0], second[0]);
  F::Unpack::template two<j>(codes[1], fifth[1], first[1], second[1]);
  multiply_add_both<kRows>(first, q + 4 * j, dot);
  multiply_add_both<kRows>(second, q + 4 * j + 16, dot);
}

// kRows rows (1..4) from row `first` of the group into out[kRows][16] and, for the second tile, out_second[kRows][16].
template <class F, int kRows>
void rows_of_two(const Bytes tile, std::int64_t columns, const QuantisedGroup& x, int first, float* out,
                 float* out_second) noexcept {
  const Bytes tiles[2] = {tile, tile + F::bytes(columns)};
  __m512 f[kRows][2];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) f[r][0] = f[r][1] = _mm512_setzero_ps();
  for (Offset b = 0; b < columns / 32; ++b) {
    const Block block = planes_at(x, b, first);
    const Bytes codes[2] = {tiles[0] + F::codes(b), tiles[1] + F::codes(b)};
    const __m512i fifth[2] = {F::Unpack::fifth(codes[0]), F::Unpack::fifth(codes[1])};
    __m512i dot[kRows][2][2];
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      dot[r][0][0] = dot[r][0][1] = _mm512_setzero_si512();
      dot[r][1][0] = dot[r][1][1] = start<F>(block.negsum + r);
    }
    F::ahead(tiles[0], b);
    F::ahead(tiles[1], b);
    step_of_two<F, kRows, 0>(codes, fifth, block.q, dot);
    step_of_two<F, kRows, 1>(codes, fifth, block.q, dot);
    step_of_two<F, kRows, 2>(codes, fifth, block.q, dot);
    step_of_two<F, kRows, 3>(codes, fifth, block.q, dot);
    const __m512 dw[2] = {F::scale(tiles[0], b), F::scale(tiles[1], b)};
    const __m512 mw[2] = {F::minimum(tiles[0], b), F::minimum(tiles[1], b)};
    const __m512 sub[2] = {F::sub_scale(tiles[0], b), F::sub_scale(tiles[1], b)};
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const __m512 dx = _mm512_set1_ps(block.scale[r]);
      const __m512 sum_x = _mm512_set1_ps(block.sum[r]);
#pragma GCC unroll 2
      for (int t = 0; t < 2; ++t)
        f[r][t] = add_block<F>(join(dot[r][0][t], dot[r][1][t]), dw[t], mw[t], sub[t], dx, sum_x, f[r][t]);
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
    _mm512_store_ps(out + 16 * r, f[r][0]);
    _mm512_store_ps(out_second + 16 * r, f[r][1]);
  }
}

template <class F>
struct Two {
  template <int kCount>
  struct Kernel {
    static void tile(const void* packed, std::int64_t columns, const QuantisedGroup& x, int first,
                     float* out) noexcept {
      parts<0, kCount>(static_cast<Bytes>(packed), columns, x, first, out);
    }

    // Rows kFrom .. of the call in as few and as equal parts as possible.
    template <int kFrom, int kLeft>
    static void parts(const Bytes tile, std::int64_t columns, const QuantisedGroup& x, int first, float* out) noexcept {
      constexpr int kParts = (kLeft + kRowsOfTwo - 1) / kRowsOfTwo;
      constexpr int kRows = (kLeft + kParts - 1) / kParts;
      rows_of_two<F, kRows>(tile, columns, x, first + kFrom, out + 16 * kFrom, out + 16 * (kCount + kFrom));
      if constexpr (kRows < kLeft) parts<kFrom + kRows, kLeft - kRows>(tile, columns, x, first, out);
    }
  };
};

// ---- Q6_K -------------------------------------------------------------------------------------------------------------

// -32 * the sum of 16 activations of one plane, twice per plane: the zero point wants sums that the group does not carry.
// Lanes 0, 4, 8, 12 of starts + 16 m: the halves of the high plane of row m, then those of the low plane.
template <int kCount>
HR_INLINE void zero_points(const std::int8_t* q, std::int32_t* starts) noexcept {
  const __m512i ones = _mm512_set1_epi8(1);
#pragma GCC unroll 16
  for (int m = 0; m < kCount; ++m) {
    const __m512i codes = _mm512_loadu_si512(q + kRowBytes * m);
    __m512i sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), ones, codes);
    sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_BADC));
    sum = _mm512_add_epi32(sum, _mm512_shuffle_epi32(sum, _MM_PERM_CDAB));
    _mm512_store_si512(starts + 16 * m, _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(sum, 5)));
  }
}

// The dot of one plane, sub-scales applied: at most 128 x 32 x 127 x 32 < 2^24, exact.
HR_INLINE __m512 plane_of_six(const __m512i w[8], const std::int8_t* q, const std::int32_t* starts, __m512 sub0,
                              __m512 sub1) noexcept {
  __m512i dot0 = _mm512_set1_epi32(starts[0]);
  __m512i dot1 = _mm512_set1_epi32(starts[4]);
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    multiply_add(dot0, w[j], q + 4 * j);
    multiply_add(dot1, w[j + 4], q + 16 + 4 * j);
  }
  const __m512 value = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot0), sub0, _mm512_setzero_ps());
  return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot1), sub1, value);
}

template <int kCount>
struct OneQ6_K {
  static void tile(const void* packed, std::int64_t columns, const QuantisedGroup& x, int first, float* out) noexcept {
    const Bytes tile = static_cast<Bytes>(packed);
    const __m512 step = _mm512_set1_ps(1 << kPlaneShift);
    alignas(64) std::int32_t starts[16 * kCount];
    __m512 f[kCount];
#pragma GCC unroll 16
    for (int m = 0; m < kCount; ++m) f[m] = _mm512_setzero_ps();
    for (Offset b = 0; b < columns / 32; ++b) {
      const Block block = planes_at(x, b, first);
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
        const std::int8_t* const q = block.q + kRowBytes * m;
        const __m512 high = plane_of_six(w, q, starts + 16 * m, sub0, sub1);
        const __m512 low = plane_of_six(w, q + 32, starts + 16 * m + 8, sub0, sub1);
        const __m512 value = _mm512_fmadd_ps(high, step, low);
        f[m] = _mm512_fmadd_ps(value, _mm512_mul_ps(dw, _mm512_set1_ps(block.scale[m])), f[m]);
      }
    }
#pragma GCC unroll 16
    for (int m = 0; m < kCount; ++m) _mm512_store_ps(out + 16 * m, f[m]);
  }
};

}  // namespace

QuantisedTile planes_tile(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_Q4_0: return quantised_by_count<One<FormatQ4_0>::Kernel>(count);
    case HR_Q4_1: return quantised_by_count<One<FormatQ4_1>::Kernel>(count);
    case HR_Q5_0: return quantised_by_count<One<FormatQ5_0>::Kernel>(count);
    case HR_Q5_1: return quantised_by_count<One<FormatQ5_1>::Kernel>(count);
    case HR_Q8_0: return quantised_by_count<One<FormatQ8_0>::Kernel>(count);
    case HR_Q4_K: return quantised_by_count<One<FormatQ4_K>::Kernel>(count);
    case HR_Q5_K: return quantised_by_count<One<FormatQ5_K>::Kernel>(count);
    case HR_Q6_K: return quantised_by_count<OneQ6_K>(count);
    default: return nullptr;
  }
}

QuantisedTile planes_pair(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_Q4_0: return quantised_by_count<Two<FormatQ4_0>::Kernel>(count);
    case HR_Q4_1: return quantised_by_count<Two<FormatQ4_1>::Kernel>(count);
    case HR_Q5_0: return quantised_by_count<Two<FormatQ5_0>::Kernel>(count);
    case HR_Q5_1: return quantised_by_count<Two<FormatQ5_1>::Kernel>(count);
    case HR_Q8_0: return quantised_by_count<Two<FormatQ8_0>::Kernel>(count);
    case HR_Q4_K: return quantised_by_count<Two<FormatQ4_K>::Kernel>(count);
    case HR_Q5_K: return quantised_by_count<Two<FormatQ5_K>::Kernel>(count);
    default: return nullptr;
  }
}

}  // namespace headrace::avx512_vnni
