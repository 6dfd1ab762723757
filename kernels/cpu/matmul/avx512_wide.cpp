// Quantised products of two neighbouring tiles with many rows on AVX-512 with VNNI.
//
// A stretch of at most 18 blocks of both tiles is unpacked once to bytes and floats in the first cache and multiplied
// with five or six rows at a time, sums in registers; between stretches they rest in `out`. One broadcast serves two
// tiles and nothing is unpacked twice, so a block of one tile and row costs 8 cycles against 9 to 10 with
// nibbles (Ice Lake server; the two ports' bound is 6). What the call reads next from memory is fetched during the
// products, a few lines a block, so that memory and arithmetic overlap.
#include "cpu/matmul/avx512_formats.h"
#include "cpu/matmul/avx512_pair.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::avx512_vnni {
namespace {

constexpr Offset kStretch = 18;  // blocks: 25 KB unpacked
constexpr int kTogether = 6;     // rows
constexpr Offset kUnpackAhead = 2048;

struct Unpacked {
  __m512i codes[8][2];
  __m512 scale[2];
  __m512 minimum[2];
  __m512 sub[2];
};

// Lines that the products of a stretch fetch, the same of both tiles.
struct Fetch {
  Bytes first;
  Bytes second;
  Offset lines;

  template <int kLines>
  [[gnu::always_inline]] void some() noexcept {
    if (lines <= 0) return;
#pragma GCC unroll 8
    for (int i = 0; i < kLines; ++i) {
      _mm_prefetch(reinterpret_cast<const char*>(first + 64 * i), _MM_HINT_T1);
      _mm_prefetch(reinterpret_cast<const char*>(second + 64 * i), _MM_HINT_T1);
    }
    first += 64 * kLines;
    second += 64 * kLines;
    lines -= kLines;
  }
};

template <class F>
void unpack(const Bytes tiles[2], Offset begin, Offset blocks, Unpacked* to) noexcept {
  constexpr Offset kLines = (F::kBlockBytes + 63) / 64;
  for (Offset i = 0; i < blocks; ++i, ++to) {
#pragma GCC unroll 2
    for (int t = 0; t < 2; ++t) {
      const Bytes tile = tiles[t];
      const Bytes ahead = tile + F::codes(begin + i) + kUnpackAhead;
#pragma GCC unroll 16
      for (Offset line = 0; line < kLines; ++line)
        _mm_prefetch(reinterpret_cast<const char*>(ahead + 64 * line), _MM_HINT_T0);
      __m512i w[8];
      F::unpack(tile, begin + i, w);
#pragma GCC unroll 8
      for (int j = 0; j < 8; ++j) to->codes[j][t] = w[j];
      to->scale[t] = F::scale(tile, begin + i);
      if constexpr (F::kHasMinimum) to->minimum[t] = F::minimum(tile, begin + i);
      if constexpr (F::kHasSub) to->sub[t] = F::sub_scale(tile, begin + i);
    }
  }
}

// Adds `blocks` blocks from `begin` on, kRows rows from row `first` of the group: out[2][rows of the group][16].
template <class F, int kRows>
void add(const Unpacked* w, Offset begin, Offset blocks, const QuantisedGroup& x, int first, Fetch& fetch_more,
         float* out) noexcept {
  constexpr int kLines = static_cast<int>((F::kBlockBytes + 127) / 128);
  float* const second = out + 16 * (x.rows + first);
  out += 16 * first;
  Fetch fetch = fetch_more;
  __m512 f[kRows][2];
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    f[r][0] = _mm512_load_ps(out + 16 * r);
    f[r][1] = _mm512_load_ps(second + 16 * r);
  }
  for (Offset i = 0; i < blocks; ++i, ++w) {
    const Block block = block_at(x, begin + i, first);
    fetch.some<kLines>();
    __m512i dot[kRows][2];
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) dot[r][0] = dot[r][1] = start<F>(block.negsum + r);
#pragma GCC unroll 8
    for (int j = 0; j < 8; ++j) {
      const __m512i first_codes = w->codes[j][0];
      const __m512i second_codes = w->codes[j][1];
#pragma GCC unroll 6
      for (int r = 0; r < kRows; ++r) {
        const __m512i four = four_codes(block.q + 32 * r + 4 * j);
        dot[r][0] = _mm512_dpbusd_epi32(dot[r][0], first_codes, four);
        dot[r][1] = _mm512_dpbusd_epi32(dot[r][1], second_codes, four);
      }
    }
#pragma GCC unroll 6
    for (int r = 0; r < kRows; ++r) {
      const __m512 dx = broadcast(block.scale + r);
      const __m512 sum_x = F::kHasMinimum ? broadcast(block.sum + r) : dx;
#pragma GCC unroll 2
      for (int t = 0; t < 2; ++t)
        f[r][t] = add_block<F>(dot[r][t], w->scale[t], w->minimum[t], w->sub[t], dx, sum_x, f[r][t]);
    }
  }
#pragma GCC unroll 6
  for (int r = 0; r < kRows; ++r) {
    _mm512_store_ps(out + 16 * r, f[r][0]);
    _mm512_store_ps(second + 16 * r, f[r][1]);
  }
  fetch_more = fetch;
}

template <class F>
void wide(const void* packed, std::int64_t columns, const QuantisedGroup* groups, int count, float* out) noexcept {
  using Add = void (*)(const Unpacked*, Offset, Offset, const QuantisedGroup&, int, Fetch&, float*) noexcept;
  static constexpr Add kAdd[] = {nullptr, add<F, 1>, add<F, 2>, add<F, 3>, add<F, 4>, add<F, 5>, add<F, 6>};
  Unpacked unpacked[kStretch];
  const Offset tile_bytes = F::bytes(columns);
  const Bytes tiles[2] = {static_cast<Bytes>(packed), static_cast<Bytes>(packed) + tile_bytes};
  const Offset blocks = columns / 32;
  const Offset stretches = (blocks + kStretch - 1) / kStretch;
  for (int g = 0; g < count; ++g) {
    float* const sums = out + kWideGroup * g;
    for (int i = 0; i < 2 * groups[g].rows; ++i) _mm512_store_ps(sums + 16 * i, _mm512_setzero_ps());
  }
  for (Offset s = 0; s < stretches; ++s) {
    const Offset begin = blocks * s / stretches;
    const Offset end = blocks * (s + 1) / stretches;
    unpack<F>(tiles, begin, end - begin, unpacked);
    // The stretch after this one; after the last the first of the next pair.
    const Offset next = s + 1 < stretches ? end * tile_bytes / blocks : 2 * tile_bytes;
    const Offset next_blocks = s + 1 < stretches ? blocks * (s + 2) / stretches - end : blocks / stretches;
    Fetch fetch{tiles[0] + next, tiles[1] + next, next_blocks * tile_bytes / blocks / 64 + 1};
    for (int g = 0; g < count; ++g) {
      const int rows = groups[g].rows;
      const int parts = (rows + kTogether - 1) / kTogether;
      for (int p = 0; p < parts; ++p) {
        const int first = rows * p / parts;
        kAdd[rows * (p + 1) / parts - first](unpacked, begin, end - begin, groups[g], first, fetch,
                                             out + kWideGroup * g);
      }
    }
  }
}

}  // namespace

QuantisedWide quantised_wide(std::int32_t format) noexcept {
  switch (format) {
    case HR_Q4_0: return wide<FormatQ4_0>;
    case HR_Q4_1: return wide<FormatQ4_1>;
    case HR_Q5_0: return wide<FormatQ5_0>;
    case HR_Q5_1: return wide<FormatQ5_1>;
    case HR_Q8_0: return wide<FormatQ8_0>;
    case HR_Q4_K: return wide<FormatQ4_K>;
    case HR_Q5_K: return wide<FormatQ5_K>;
    default: return nullptr;
  }
}

}  // namespace headrace::avx512_vnni
