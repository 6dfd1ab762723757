// Q6_K (GGUF type 14): 256 weights in 210 bytes, sixteen sub-blocks s of 16.
//   w[i] = scale * sc[s] * (q[i] - 32),  q[i] in [0, 63], sc in [-128, 127]
// Layout: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed bytes sc, scale as binary16. Weights come in
// halves of 128; inside a half, weight l + 32 k (l < 32, k < 4) has its low nibble in byte l + 32 (k mod 2), low half
// of the byte for k < 2, and its upper bits at bit 2 k of byte l.
#pragma once
#include "formats/half.h"

namespace headrace {

struct BlockQ6_K {
  static constexpr int kWeights = 256;
  std::uint8_t nibbles[128];
  std::uint8_t upper[64];
  std::int8_t sub_scales[16];
  std::uint16_t scale;
};
static_assert(sizeof(BlockQ6_K) == 210, "a Q6_K block has no padding");

static inline int code_of(const BlockQ6_K& block, int i) noexcept {
  const int half = i / 128;
  const int k = i % 128 / 32;
  const int l = i % 32;
  const int byte = block.nibbles[half * 64 + k % 2 * 32 + l];
  const int nibble = k < 2 ? byte & 0x0F : byte >> 4;
  return nibble | (((block.upper[half * 32 + l] >> (2 * k)) & 3) << 4);
}

// The meaning of the format: every faster decoder is tested against this one.
static inline void decode_reference(const BlockQ6_K& block, float out[BlockQ6_K::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  for (int i = 0; i < 256; ++i) {
    out[i] = scale * static_cast<float>(block.sub_scales[i / 16]) * static_cast<float>(code_of(block, i) - 32);
  }
}

}  // namespace headrace
