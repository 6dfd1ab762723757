// Tier to quantiser.
#include "cpu/quantise/tiers.h"
#include "headrace/kernels.h"

namespace headrace {

QuantiseRow quantise_row(std::int32_t tier) noexcept {
  switch (tier) {
    case HR_TIER_SCALAR: return scalar::quantise_row;
#if defined(__x86_64__)
    case HR_TIER_AVX2: return avx2::quantise_row;
    case HR_TIER_AVX512_VNNI: return avx512_vnni::quantise_row;
#endif
    default: return nullptr;
  }
}

QuantiseBlock quantise_block(std::int32_t tier) noexcept {
  switch (tier) {
    case HR_TIER_SCALAR: return scalar::quantise_block;
#if defined(__x86_64__)
    case HR_TIER_AVX2: return avx2::quantise_block;
    case HR_TIER_AVX512_VNNI: return avx512_vnni::quantise_block;
#endif
    default: return nullptr;
  }
}

}  // namespace headrace
