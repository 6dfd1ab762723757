// Q4_0 (GGUF type 2): 32 weights in 18 bytes.  w[i] = scale * (q[i] - 8),  q[i] in [0, 15]
// Layout: scale as binary16, then 16 bytes; byte j holds q[j] (low nibble) and q[j + 16] (high nibble).
#pragma once
#include "formats/extremes.h"
#include "formats/half.h"

namespace headrace {

struct BlockQ4_0 {
  static constexpr int kWeights = 32;
  std::uint16_t scale;
  std::uint8_t nibbles[16];
};
static_assert(sizeof(BlockQ4_0) == 18, "a Q4_0 block has no padding");

// The meaning of the format: every faster decoder is tested against this one.
static inline void decode_reference(const BlockQ4_0& block, float out[BlockQ4_0::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  for (int j = 0; j < 16; ++j) {
    out[j] = scale * static_cast<float>((block.nibbles[j] & 0x0F) - 8);
    out[j + 16] = scale * static_cast<float>((block.nibbles[j] >> 4) - 8);
  }
}

// scale = extreme / -8, codes from the unrounded scale.
static inline void encode_reference(const float in[BlockQ4_0::kWeights], BlockQ4_0& block) noexcept {
  const float scale = signed_extreme(in) / -8.0f;
  const float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
  block.scale = float_to_half(scale);
  for (int j = 0; j < 16; ++j) {
    const int low = truncated_code(in[j] * inverse + 8.5f, 15);
    const int high = truncated_code(in[j + 16] * inverse + 8.5f, 15);
    block.nibbles[j] = static_cast<std::uint8_t>(low | (high << 4));
  }
}

}  // namespace headrace
