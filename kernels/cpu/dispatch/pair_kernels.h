// Which kernels attend over pages of a format, and whether bf16 pairs are multiplied by the processor.
#pragma once
#include <cstdint>

#include "cpu/attention/attention.h"
#include "headrace/kernels.h"

namespace headrace {

// Kernels of a file compiled for bf16 instructions.
struct NativePairKernels {
  AttentionKernels attention;
  // a[i] += the pair product of x[i] and y[i]; n a multiple of 16.
  void (*add_pairs)(const std::uint32_t* x, const std::uint32_t* y, int n, float* a) noexcept;
};

// HR_BF16_* for a tier that this machine has. The check of the processor's results runs once.
std::int32_t bf16_products(std::int32_t tier) noexcept;

// The processor's own kernels, whether or not they passed the check; null where it has none.
const NativePairKernels* native_pairs(std::int32_t tier) noexcept;

// format: HR_KV_*.
const AttentionKernels& attention_kernels(std::int32_t tier, std::int32_t format) noexcept;

// Whether `add` computes what the law says on some thousand pairs: all sizes, subnormals, zeros, infinities, sums that
// cancel, results about the smallest normal number.
bool adds_pairs_by_the_law(void (*add)(const std::uint32_t*, const std::uint32_t*, int, float*) noexcept) noexcept;

}  // namespace headrace
