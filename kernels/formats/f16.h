// F16 (GGUF type 1): one weight is one binary16, little endian.
#pragma once
#include "formats/half.h"

namespace headrace {

struct BlockF16 {
  static constexpr int kWeights = 1;
  std::uint16_t value;
};
static_assert(sizeof(BlockF16) == 2, "an F16 block is one half");

static inline void decode_reference(const BlockF16& block, float out[BlockF16::kWeights]) noexcept {
  out[0] = half_to_float(block.value);
}
static inline void encode_reference(const float in[BlockF16::kWeights], BlockF16& block) noexcept {
  block.value = float_to_half(in[0]);
}

}  // namespace headrace
