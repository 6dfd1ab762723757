// Quantising activations in blocks of 32, to one plane of int8 or to two; include/headrace/kernels.h states the
// arithmetic.
//
// Bits      equal for every tier, and for a row quantised at once or block by block.
// Zero      a block of zeros has scale, sum and codes 0.
// Tiny      below max|x| = levels / FLT_MAX the inverse scale is FLT_MAX: codes shrink towards 0, nothing overflows.
// Not finite  a block that holds a NaN or an infinity gets scale and sum NaN (quiet, bits 0x7FC00000) and codes and
//             negsum 0: every product with that row is NaN, so the fault shows in the row's results and in no other
//             row's.
// Rounding  to nearest even: the caller's MXCSR must be in its default rounding mode.
#pragma once
#include <cstdint>

#include "cpu/activations.h"

namespace headrace {

// Row `row` of the group from `columns` floats, a multiple of 32; no alignment needed.
using QuantiseRow = void (*)(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;

// Block `block` of row `row` from 32 floats.
using QuantiseBlock = void (*)(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;

// Block `block` of rows 0 .. rows - 1: row i from low[i][16] and high[i][16].
using QuantiseTiles = void (*)(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block,
                               int rows) noexcept;

// nullptr for a tier that this build does not have.
QuantiseRow quantise_row(std::int32_t tier, Planes planes = Planes::kOne) noexcept;
QuantiseBlock quantise_block(std::int32_t tier, Planes planes = Planes::kOne) noexcept;
QuantiseTiles quantise_tiles(std::int32_t tier, Planes planes = Planes::kOne) noexcept;

}  // namespace headrace
