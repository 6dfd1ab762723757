// The tiers' own tables. A tier's functions may only be called where its instructions exist.
#pragma once
#include "cpu/matmul/matmul.h"

namespace headrace {

// count in 1..16; nullptr for a format that is not of the kind. planes_*: activations of two planes.
namespace scalar {
QuantisedTile quantised_tile(std::int32_t format, int count) noexcept;
QuantisedTile planes_tile(std::int32_t format, int count) noexcept;
FloatTile float_tile(std::int32_t format, int count) noexcept;
}  // namespace scalar

#if defined(__x86_64__)
namespace avx2 {  // AVX2, FMA, F16C
QuantisedTile quantised_tile(std::int32_t format, int count) noexcept;
QuantisedTile planes_tile(std::int32_t format, int count) noexcept;
FloatTile float_tile(std::int32_t format, int count) noexcept;
}  // namespace avx2

namespace avx512_vnni {  // AVX-512 F, BW, VL, DQ, VNNI
QuantisedTile quantised_tile(std::int32_t format, int count) noexcept;
QuantisedTile planes_tile(std::int32_t format, int count) noexcept;
QuantisedTile quantised_pair(std::int32_t format, int count) noexcept;
QuantisedTile planes_pair(std::int32_t format, int count) noexcept;
QuantisedWide quantised_wide(std::int32_t format) noexcept;
FloatTile float_tile(std::int32_t format, int count) noexcept;
}  // namespace avx512_vnni
#endif

}  // namespace headrace
