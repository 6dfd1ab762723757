// Quantised products of two neighbouring tiles at once on AVX-512 with VNNI.
//
// Every vpdpbusd of a one-tile product reads its four activations from memory, and a core that loads little more than
// one 512-bit vector per cycle (Ice Lake server: 1.13 measured, a broadcast counts as one, against 2 products) then
// waits for loads. Here one broadcast serves two tiles: 1.2 to 1.4 times the rate there. Six rows at a time, twelve
// dots and twelve sums, is what the registers hold; eight rows with their sums in memory were slower.
#include "cpu/matmul/avx512_formats.h"
#include "cpu/matmul/by_count.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx512_vnni {
namespace {

constexpr int kTogether = 6;  // rows

// Four activations to all lanes, once for both tiles.
HR_INLINE __m512i four_codes(const std::int8_t* q) noexcept {
  return _mm512_set1_epi32(*reinterpret_cast<const FourCodes*>(q));
}

// As a register: the compiler would fold it into both tiles' instructions.
HR_INLINE __m512 broadcast(const float* value) noexcept {
  __m512 all = _mm512_set1_ps(*value);
  asm("" : "+v"(all));
  return all;
}

// dot[r][t] += codes of inputs 4 j .. and 16 + 4 j .. of tile t times row r.
template <class F, int kRows, int j>
HR_INLINE void multiply_add(const Bytes codes[2], const __m512i fifth[2], const std::int8_t* q,
                            __m512i (&dot)[kRows][2]) noexcept {
  __m512i first[2];
  __m512i second[2];
  F::Unpack::template two<j>(codes[0], fifth[0], first[0], second[0]);
  F::Unpack::template two<j>(codes[1], fifth[1], first[1], second[1]);
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    const __m512i x = four_codes(q + 32 * r + 4 * j);
    dot[r][0] = _mm512_dpbusd_epi32(dot[r][0], first[0], x);
    dot[r][1] = _mm512_dpbusd_epi32(dot[r][1], first[1], x);
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    const __m512i x = four_codes(q + 32 * r + 4 * j + 16);
    dot[r][0] = _mm512_dpbusd_epi32(dot[r][0], second[0], x);
    dot[r][1] = _mm512_dpbusd_epi32(dot[r][1], second[1], x);
  }
}

// kRows rows (1..6) from row `first` of the group into out[kRows][16] and, for the second tile, out_second[kRows][16].
template <class F, int kRows>
void rows(const Bytes tile, std::int64_t columns, const QuantisedGroup& x, int first, float* out,
          float* out_second) noexcept {
  const Bytes tiles[2] = {tile, tile + F::bytes(columns)};
  __m512 f[kRows][2];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) f[r][0] = f[r][1] = _mm512_setzero_ps();
  for (Offset b = 0; b < columns / 32; ++b) {
    const Block block = block_at(x, b, first);
    const Bytes codes[2] = {tiles[0] + F::codes(b), tiles[1] + F::codes(b)};
    const __m512i fifth[2] = {F::Unpack::fifth(codes[0]), F::Unpack::fifth(codes[1])};
    __m512i dot[kRows][2];
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) dot[r][0] = dot[r][1] = start<F>(block.negsum + r);
    F::ahead(tiles[0], b);
    F::ahead(tiles[1], b);
    multiply_add<F, kRows, 0>(codes, fifth, block.q, dot);
    multiply_add<F, kRows, 1>(codes, fifth, block.q, dot);
    multiply_add<F, kRows, 2>(codes, fifth, block.q, dot);
    multiply_add<F, kRows, 3>(codes, fifth, block.q, dot);
    const __m512 dw[2] = {F::scale(tiles[0], b), F::scale(tiles[1], b)};
    const __m512 mw[2] = {F::minimum(tiles[0], b), F::minimum(tiles[1], b)};
    const __m512 sub[2] = {F::sub_scale(tiles[0], b), F::sub_scale(tiles[1], b)};
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m512 dx = broadcast(block.scale + r);
      const __m512 sum_x = broadcast(block.sum + r);
#pragma GCC unroll 2
      for (int t = 0; t < 2; ++t) f[r][t] = add_block<F>(dot[r][t], dw[t], mw[t], sub[t], dx, sum_x, f[r][t]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    _mm512_store_ps(out + 16 * r, f[r][0]);
    _mm512_store_ps(out_second + 16 * r, f[r][1]);
  }
}

template <class F>
struct Pair {
  template <int kCount>
  struct Kernel {
    static void tile(const void* packed, std::int64_t columns, const QuantisedGroup& x, int first,
                     float* out) noexcept {
      parts<0, kCount>(static_cast<Bytes>(packed), columns, x, first, out);
    }

    // Rows kFrom .. of the call in as few and as equal parts as possible.
    template <int kFrom, int kLeft>
    static void parts(const Bytes tile, std::int64_t columns, const QuantisedGroup& x, int first, float* out) noexcept {
      constexpr int kParts = (kLeft + kTogether - 1) / kTogether;
      constexpr int kRows = (kLeft + kParts - 1) / kParts;
      rows<F, kRows>(tile, columns, x, first + kFrom, out + 16 * kFrom, out + 16 * (kCount + kFrom));
      if constexpr (kRows < kLeft) parts<kFrom + kRows, kLeft - kRows>(tile, columns, x, first, out);
    }
  };
};

}  // namespace

QuantisedTile quantised_pair(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_Q4_0: return quantised_by_count<Pair<FormatQ4_0>::Kernel>(count);
    case HR_Q4_1: return quantised_by_count<Pair<FormatQ4_1>::Kernel>(count);
    case HR_Q5_0: return quantised_by_count<Pair<FormatQ5_0>::Kernel>(count);
    case HR_Q5_1: return quantised_by_count<Pair<FormatQ5_1>::Kernel>(count);
    case HR_Q8_0: return quantised_by_count<Pair<FormatQ8_0>::Kernel>(count);
    case HR_Q4_K: return quantised_by_count<Pair<FormatQ4_K>::Kernel>(count);
    case HR_Q5_K: return quantised_by_count<Pair<FormatQ5_K>::Kernel>(count);
    default: return nullptr;
  }
}

}  // namespace headrace::avx512_vnni
