// Q4_K (GGUF type 12): 256 weights in 144 bytes, eight sub-blocks s of 32.
//   w[i] = scale * sc[s] * q[i] - minimum * m[s],  q[i] in [0, 15], sc and m in [0, 63]
// Layout: scale and minimum as binary16; 12 bytes of sc and m (k_scales.h); 128 bytes of nibbles: 32-byte chunk c holds
// sub-block 2c in its low nibbles and sub-block 2c + 1 in its high ones.
#pragma once
#include "formats/half.h"
#include "formats/k_scales.h"

namespace headrace {

struct BlockQ4_K {
  static constexpr int kWeights = 256;
  std::uint16_t scale;
  std::uint16_t minimum;
  std::uint8_t sub_scales[12];
  std::uint8_t nibbles[128];
};
static_assert(sizeof(BlockQ4_K) == 144, "a Q4_K block has no padding");

static inline int code_of(const BlockQ4_K& block, int i) noexcept {
  const int byte = block.nibbles[i / 64 * 32 + i % 32];
  return (i / 32) % 2 == 0 ? byte & 0x0F : byte >> 4;
}

// The meaning of the format. Both products are exact in binary32, so there is one rounding.
static inline void decode_reference(const BlockQ4_K& block, float out[BlockQ4_K::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  const float minimum = half_to_float(block.minimum);
  for (int i = 0; i < 256; ++i) {
    const KScale sub = k_scale(block.sub_scales, i / 32);
    out[i] = scale * static_cast<float>(sub.scale) * static_cast<float>(code_of(block, i)) -
             minimum * static_cast<float>(sub.minimum);
  }
}

}  // namespace headrace
