// Tier and format to kernel.
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace {

QuantisedTile quantised_tile(std::int32_t tier, std::int32_t format, int count, Planes planes) noexcept {
  if (count < 1 || count > kGroupRows) return nullptr;
  const bool two = planes == Planes::kTwo;
  switch (tier) {
    case HR_TIER_SCALAR: return (two ? scalar::planes_tile : scalar::quantised_tile)(format, count);
#if defined(__x86_64__)
    case HR_TIER_AVX2: return (two ? avx2::planes_tile : avx2::quantised_tile)(format, count);
    case HR_TIER_AVX512_VNNI: return (two ? avx512_vnni::planes_tile : avx512_vnni::quantised_tile)(format, count);
#endif
    default: return nullptr;
  }
}

QuantisedTile quantised_pair([[maybe_unused]] std::int32_t tier, [[maybe_unused]] std::int32_t format,
                             int count, [[maybe_unused]] Planes planes) noexcept {
  if (count < 1 || count > kGroupRows) return nullptr;
#if defined(__x86_64__)
  if (tier == HR_TIER_AVX512_VNNI) {
    return (planes == Planes::kTwo ? avx512_vnni::planes_pair : avx512_vnni::quantised_pair)(format, count);
  }
#endif
  return nullptr;
}

QuantisedWide quantised_wide([[maybe_unused]] std::int32_t tier, [[maybe_unused]] std::int32_t format) noexcept {
#if defined(__x86_64__)
  if (tier == HR_TIER_AVX512_VNNI) return avx512_vnni::quantised_wide(format);
#endif
  return nullptr;
}

FloatTile float_tile(std::int32_t tier, std::int32_t format, int count) noexcept {
  if (count < 1 || count > kGroupRows) return nullptr;
  switch (tier) {
    case HR_TIER_SCALAR: return scalar::float_tile(format, count);
#if defined(__x86_64__)
    case HR_TIER_AVX2: return avx2::float_tile(format, count);
    case HR_TIER_AVX512_VNNI: return avx512_vnni::float_tile(format, count);
#endif
    default: return nullptr;
  }
}

}  // namespace headrace
