// BF16 (GGUF type 30): one weight is the upper half of a binary32, little endian.
#pragma once
#include "formats/half.h"

namespace headrace {

struct BlockBF16 {
  static constexpr int kWeights = 1;
  std::uint16_t value;
};
static_assert(sizeof(BlockBF16) == 2, "a BF16 block is one bfloat16");

static inline void decode_reference(const BlockBF16& block, float out[BlockBF16::kWeights]) noexcept {
  out[0] = bfloat16_to_float(block.value);
}
static inline void encode_reference(const float in[BlockBF16::kWeights], BlockBF16& block) noexcept {
  block.value = float_to_bfloat16(in[0]);
}

}  // namespace headrace
