// Tier and planes to quantiser.
#include <algorithm>

#include "cpu/quantise/tiers.h"
#include "headrace/kernels.h"

namespace headrace {
namespace {

// For tiers that gain nothing from several rows at once.
template <QuantiseBlock kBlock>
void row_after_row(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block,
                   int rows) noexcept {
  for (int row = 0; row < rows; ++row, low += 16, high += 16) {
    float x32[32];
    std::copy(low, low + 16, x32);
    std::copy(high, high + 16, x32 + 16);
    kBlock(x32, group, block, row);
  }
}

}  // namespace

QuantiseRow quantise_row(std::int32_t tier, Planes planes) noexcept {
  const bool two = planes == Planes::kTwo;
  switch (tier) {
    case HR_TIER_SCALAR: return two ? scalar::quantise_row_planes : scalar::quantise_row;
#if defined(__x86_64__)
    case HR_TIER_AVX2: return two ? avx2::quantise_row_planes : avx2::quantise_row;
    case HR_TIER_AVX512_VNNI: return two ? avx512_vnni::quantise_row_planes : avx512_vnni::quantise_row;
#endif
    default: return nullptr;
  }
}

QuantiseBlock quantise_block(std::int32_t tier, Planes planes) noexcept {
  const bool two = planes == Planes::kTwo;
  switch (tier) {
    case HR_TIER_SCALAR: return two ? scalar::quantise_block_planes : scalar::quantise_block;
#if defined(__x86_64__)
    case HR_TIER_AVX2: return two ? avx2::quantise_block_planes : avx2::quantise_block;
    case HR_TIER_AVX512_VNNI: return two ? avx512_vnni::quantise_block_planes : avx512_vnni::quantise_block;
#endif
    default: return nullptr;
  }
}

QuantiseTiles quantise_tiles(std::int32_t tier, Planes planes) noexcept {
  const bool two = planes == Planes::kTwo;
  switch (tier) {
    case HR_TIER_SCALAR:
      return two ? row_after_row<scalar::quantise_block_planes> : row_after_row<scalar::quantise_block>;
#if defined(__x86_64__)
    case HR_TIER_AVX2: return two ? row_after_row<avx2::quantise_block_planes> : row_after_row<avx2::quantise_block>;
    case HR_TIER_AVX512_VNNI: return two ? avx512_vnni::quantise_tiles_planes : avx512_vnni::quantise_tiles;
#endif
    default: return nullptr;
  }
}

}  // namespace headrace
