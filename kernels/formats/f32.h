// F32 (GGUF type 0): one weight is one binary32, little endian.
#pragma once

namespace headrace {

struct BlockF32 {
  static constexpr int kWeights = 1;
  float value;
};
static_assert(sizeof(BlockF32) == 4, "an F32 block is one float");

static inline void decode_reference(const BlockF32& block, float out[BlockF32::kWeights]) noexcept {
  out[0] = block.value;
}
static inline void encode_reference(const float in[BlockF32::kWeights], BlockF32& block) noexcept {
  block.value = in[0];
}

}  // namespace headrace
