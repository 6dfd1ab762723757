// Q4_1 (GGUF type 3): 32 weights in 20 bytes.  w[i] = scale * q[i] + minimum,  q[i] in [0, 15]
// Layout: scale and minimum as binary16, then 16 bytes; byte j holds q[j] (low nibble) and q[j + 16] (high nibble).
#pragma once
#include "formats/extremes.h"
#include "formats/half.h"

namespace headrace {

struct BlockQ4_1 {
  static constexpr int kWeights = 32;
  std::uint16_t scale;
  std::uint16_t minimum;
  std::uint8_t nibbles[16];
};
static_assert(sizeof(BlockQ4_1) == 20, "a Q4_1 block has no padding");

// The meaning of the format. The product is exact in binary32, so there is one rounding.
static inline void decode_reference(const BlockQ4_1& block, float out[BlockQ4_1::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  const float minimum = half_to_float(block.minimum);
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>(block.nibbles[j] & 0x0F) + minimum;
    out[j + 16] = scale * static_cast<float>(block.nibbles[j] >> 4) + minimum;
  }
}

// scale = (greatest - least) / 15, codes from the unrounded scale.
static inline void encode_reference(const float in[BlockQ4_1::kWeights], BlockQ4_1& block) noexcept {
  const Bounds range = bounds(in);
  const float scale = (range.greatest - range.least) / 15.0f;
  const float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
  block.scale = float_to_half(scale);
  block.minimum = float_to_half(range.least);
  for (int j = 0; j < 16; ++j) {
    const int low = truncated_code((in[j] - range.least) * inverse + 0.5f, 15);
    const int high = truncated_code((in[j + 16] - range.least) * inverse + 0.5f, 15);
    block.nibbles[j] = static_cast<std::uint8_t>(low | (high << 4));
  }
}

}  // namespace headrace
