// Tier and planes to quantiser.
#include "cpu/quantise/tiers.h"
#include "headrace/kernels.h"

namespace headrace {

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

}  // namespace headrace
