// Quantised products of two neighbouring tiles at once on AVX-512 with VNNI.
//
// Every vpdpbusd of a one-tile product reads its four activations from memory, and a core that loads little more than
// one 512-bit vector per cycle (Ice Lake server: 1.13 measured, a broadcast counts as one, against 2 products) then
// waits for loads. Here one broadcast serves two tiles: 1.2 to 1.4 times the rate there. Six rows at a time, twelve
// dots and twelve sums, is what the registers hold; eight rows with their sums in memory were slower.
#include "cpu/matmul/avx512_formats.h"
#include "cpu/matmul/avx512_pair.h"
#include "cpu/matmul/by_count.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx512_vnni {
namespace {

constexpr int kTogether = 6;  // most rows whose sums stay in registers
constexpr int kMost = 8;      // most rows whose dots do

// dot[r][t] += codes of inputs 4 j .. and 16 + 4 j .. of tile t times row r.
template <class F, int kRows, int j>
HR_INLINE void multiply_add(const Bytes codes[2], const __m512i fifth[2], const std::int8_t* q,
                            __m512i (&dot)[kRows][2]) noexcept {
  __m512i first[2];
  __m512i second[2];
  F::Unpack::template two<j>(codes[0], fifth[0], first[0], second[0]);
  F::Unpack::template two<j>(codes[1], fifth[1], first[1], second[1]);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    const __m512i x = four_codes(q + 32 * r + 4 * j);
    dot[r][0] = _mm512_dpbusd_epi32(dot[r][0], first[0], x);
    dot[r][1] = _mm512_dpbusd_epi32(dot[r][1], first[1], x);
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    const __m512i x = four_codes(q + 32 * r + 4 * j + 16);
    dot[r][0] = _mm512_dpbusd_epi32(dot[r][0], second[0], x);
    dot[r][1] = _mm512_dpbusd_epi32(dot[r][1], second[1], x);
  }
}

// Where the weights of a pair are fetched ahead: kAhead bytes on in the order in which the call and those after it read
// them, block by block of both tiles. What follows the end of the first tile is not the second, whose turn it is at the
// same time, but the first of the next pair.
class Ahead {
 public:
  Ahead(Bytes tile, Offset tile_bytes, Offset blocks) noexcept
      : tile_bytes_(tile_bytes), step_(tile_bytes / blocks), at_(tile + kAhead), end_(tile + tile_bytes) {}

  // One block of each tile.
  template <Offset kBytes>
  [[gnu::always_inline]] void fetch() noexcept {
    if (at_ >= end_) {
      at_ += tile_bytes_;
      end_ = at_ + (Offset{1} << 40);
    }
#pragma GCC unroll 16
    for (Offset line = 0; line < kBytes; line += 64) {
      _mm_prefetch(reinterpret_cast<const char*>(at_ + line), _MM_HINT_T0);
      _mm_prefetch(reinterpret_cast<const char*>(at_ + tile_bytes_ + line), _MM_HINT_T0);
    }
    at_ += step_;
  }

 private:
  const Offset tile_bytes_;
  const Offset step_;
  Bytes at_;
  Bytes end_;
};

// Adds block b times kRows rows from row kFrom of the call to sum(r, t), 16 outputs of row r and tile t.
template <class F, int kRows, class Sum>
HR_INLINE void add_rows(const Bytes tiles[2], Offset b, const Block& block, Sum&& sum) noexcept {
  const Bytes codes[2] = {tiles[0] + F::codes(b), tiles[1] + F::codes(b)};
  const __m512i fifth[2] = {F::Unpack::fifth(codes[0]), F::Unpack::fifth(codes[1])};
  __m512i dot[kRows][2];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) dot[r][0] = dot[r][1] = start<F>(block.negsum + r);
  multiply_add<F, kRows, 0>(codes, fifth, block.q, dot);
  multiply_add<F, kRows, 1>(codes, fifth, block.q, dot);
  multiply_add<F, kRows, 2>(codes, fifth, block.q, dot);
  multiply_add<F, kRows, 3>(codes, fifth, block.q, dot);
  const __m512 dw[2] = {F::scale(tiles[0], b), F::scale(tiles[1], b)};
  const __m512 mw[2] = {F::minimum(tiles[0], b), F::minimum(tiles[1], b)};
  const __m512 sub[2] = {F::sub_scale(tiles[0], b), F::sub_scale(tiles[1], b)};
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    const __m512 dx = broadcast(block.scale + r);
    const __m512 sum_x = broadcast(block.sum + r);
#pragma GCC unroll 2
    for (int t = 0; t < 2; ++t) sum(r, t, dot[r][t], dw[t], mw[t], sub[t], dx, sum_x);
  }
}

template <class F>
struct Pair {
  // kCount rows (1..16) from row `first` of the group into out[2][kCount][16].
  template <int kCount>
  struct Kernel {
    static void tile(const void* packed, std::int64_t columns, const QuantisedGroup& x, int first,
                     float* out) noexcept {
      const Bytes begin = static_cast<Bytes>(packed);
      const Bytes tiles[2] = {begin, begin + F::bytes(columns)};
      Ahead ahead(begin, F::bytes(columns), columns / 32);
      if constexpr (kCount <= kTogether)
        in_registers(tiles, columns, x, first, ahead, out);
      else
        in_memory(tiles, columns, x, first, ahead, out);
    }

    static void in_registers(const Bytes tiles[2], std::int64_t columns, const QuantisedGroup& x, int first,
                             Ahead ahead, float* out) noexcept {
      __m512 f[kCount][2];
#pragma GCC unroll 6
      for (int r = 0; r < kCount; ++r) f[r][0] = f[r][1] = _mm512_setzero_ps();
      for (Offset b = 0; b < columns / 32; ++b) {
        ahead.fetch<F::kBlockBytes>();
        add_rows<F, kCount>(tiles, b, block_at(x, b, first), [&](int r, int t, auto... values) {
          f[r][t] = add_block<F>(values..., f[r][t]);
        });
      }
#pragma GCC unroll 6
      for (int r = 0; r < kCount; ++r) {
        _mm512_store_ps(out + 16 * r, f[r][0]);
        _mm512_store_ps(out + 16 * (kCount + r), f[r][1]);
      }
    }

    // Sums stay in `out`: a block's weights are read once for all rows.
    static void in_memory(const Bytes tiles[2], std::int64_t columns, const QuantisedGroup& x, int first, Ahead ahead,
                          float* out) noexcept {
#pragma GCC unroll 1
      for (int r = 0; r < 2 * kCount; ++r) _mm512_store_ps(out + 16 * r, _mm512_setzero_ps());
      for (Offset b = 0; b < columns / 32; ++b) {
        ahead.fetch<F::kBlockBytes>();
        parts<0, kCount>(tiles, b, block_at(x, b, first), out);
      }
    }

    // Rows kFrom .. in as few and as equal parts as possible.
    template <int kFrom, int kLeft>
    HR_INLINE void parts(const Bytes tiles[2], Offset b, const Block& block, float* out) noexcept {
      constexpr int kParts = (kLeft + kMost - 1) / kMost;
      constexpr int kRows = (kLeft + kParts - 1) / kParts;
      const Block from{block.q + 32 * kFrom, block.scale + kFrom, block.sum + kFrom, block.negsum + kFrom};
      add_rows<F, kRows>(tiles, b, from, [&](int r, int t, auto... values) {
        float* const at = out + 16 * (t * kCount + kFrom + r);
        _mm512_store_ps(at, add_block<F>(values..., _mm512_load_ps(at)));
      });
      if constexpr (kRows < kLeft) parts<kFrom + kRows, kLeft - kRows>(tiles, b, block, out);
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
