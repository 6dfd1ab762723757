// The tiers' own functions. A tier's functions may only be called where its instructions exist.
#pragma once
#include "cpu/quantise/quantise.h"

namespace headrace {

namespace scalar {
void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;
void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;
void quantise_row_planes(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;
void quantise_block_planes(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;
}  // namespace scalar

#if defined(__x86_64__)
namespace avx2 {  // AVX2
void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;
void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;
void quantise_row_planes(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;
void quantise_block_planes(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;
}  // namespace avx2

namespace avx512_vnni {  // AVX-512 F, BW, VL, DQ, VNNI
void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;
void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;
void quantise_row_planes(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept;
void quantise_block_planes(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept;
void quantise_tiles(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block,
                    int rows) noexcept;
void quantise_tiles_planes(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block,
                           int rows) noexcept;
}  // namespace avx512_vnni
#endif

}  // namespace headrace
