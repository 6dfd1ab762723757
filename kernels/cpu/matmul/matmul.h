// Products of packed weights with activations; include/headrace/kernels.h states the arithmetic.
//
// Weights are tiles: 16 consecutive output rows x all columns, contiguous, lane n of every vector is output row n, so
// no horizontal sum exists. A tile kernel computes one tile for `count` consecutive activation rows of one group,
// starting at row `first`:
//   out[i][n] = (packed row n) . (activation row first + i),   i in [0, count), n in [0, 16)
// out is 64-byte aligned, row-major [count][16].
//
// Bits     equal for every tier and every way of splitting rows into calls.
// Range    weights are the unsigned side (0..63, or q + 128), activations the signed side in [-127, 127].
// Planes   activations of two planes are multiplied plane by plane with the same unpacked weights, and
//          128 * dot_hi + dot_lo, exact, takes the place of the dot; the float part happens once.
// Work     one call computes one tile and writes only `out`. Threads split tiles; kernels start no thread, allocate
//          nothing.
// Prefetch a kernel may prefetch past its tile: what follows in memory is the next tile; prefetches never fault.
#pragma once
#include <cstddef>
#include <cstdint>

#include "cpu/activations.h"

namespace headrace {

using QuantisedTile = void (*)(const void* tile, std::int64_t columns, const QuantisedGroup& x, int first,
                               float* out) noexcept;
using FloatTile = void (*)(const void* tile, std::int64_t columns, const FloatGroup& x, int first, float* out) noexcept;

// One row per format: how it is stored, packed, read back and multiplied.
struct FormatTraits {
  std::int32_t format;  // HR_Q4_1 ...
  const char* name;
  int block_weights;           // 1, 32 or 256
  int block_bytes;             // in the file
  bool quantised_activations;  // false: F32, F16, BF16
  // Bytes of one packed tile of `columns` inputs, a multiple of 64.
  std::size_t (*tile_bytes)(std::int64_t columns) noexcept;
  // Packs 16 rows; rows[n] == nullptr stands for a row of zeros.
  void (*pack_tile)(const void* const rows[16], std::int64_t columns, void* tile) noexcept;
  // out[columns] = row n (0..15) of a tile, dequantised: equal to decoding the row as stored in the file.
  void (*decode_row)(const void* tile, std::int64_t columns, int n, float* out) noexcept;
};

// nullptr for a format nobody knows.
const FormatTraits* format_traits(std::int32_t format) noexcept;

// The kernel for `count` rows (1..16) at a tier; every count exists. Tier: HR_TIER_*.
QuantisedTile quantised_tile(std::int32_t tier, std::int32_t format, int count, Planes planes = Planes::kOne) noexcept;
FloatTile float_tile(std::int32_t tier, std::int32_t format, int count) noexcept;

// A kernel for two neighbouring tiles (the second starts tile_bytes(columns) behind the first), or nullptr where a tier
// has none that is faster than two calls: out[2][count][16], the first tile's results before the second's, the same
// bits as two calls of quantised_tile.
QuantisedTile quantised_pair(std::int32_t tier, std::int32_t format, int count, Planes planes = Planes::kOne) noexcept;

// Two neighbouring tiles times all rows of `count` groups: group g's results at out + g * kWideGroup, [2][rows][16]. The
// same bits as quantised_tile; faster from kWideRows rows on. It fetches the pair that follows. Null where a tier has none.
constexpr int kWideGroup = 2 * kGroupRows * 16;
constexpr int kWideRows = 15;
using QuantisedWide = void (*)(const void* tiles, std::int64_t columns, const QuantisedGroup* groups, int count,
                               float* out) noexcept;
QuantisedWide quantised_wide(std::int32_t tier, std::int32_t format) noexcept;

}  // namespace headrace
