// Instruction sets the kernels are built for. A tier counts only when the processor has it and the operating system
// saves its registers; every tier gives the same bits.
#pragma once
#include <cstdint>

#include "headrace/kernels.h"

namespace headrace {

constexpr int kTiers = 3;

// HR_TIER_*: AVX2 needs AVX2, FMA and F16C; AVX512_VNNI needs AVX-512 F, BW, VL, DQ and VNNI on top.
std::int32_t best_tier() noexcept;

// Whether the processor multiplies bf16 with 512-bit registers (AVX512-BF16), on top of the best tier.
bool multiplies_bf16() noexcept;

const char* tier_name(std::int32_t tier) noexcept;

}  // namespace headrace
