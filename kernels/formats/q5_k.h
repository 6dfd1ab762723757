// Q5_K (GGUF type 13): 256 weights in 176 bytes, eight sub-blocks s of 32.
//   w[i] = scale * sc[s] * q[i] - minimum * m[s],  q[i] in [0, 31], sc and m in [0, 63]
// Layout: scale and minimum as binary16; 12 bytes of sc and m (k_scales.h); 32 bytes whose bit s of byte l is the fifth
// bit of weight l of sub-block s; 128 bytes of nibbles as in Q4_K.
#pragma once
#include "formats/half.h"
#include "formats/k_scales.h"

namespace headrace {

struct BlockQ5_K {
  static constexpr int kWeights = 256;
  std::uint16_t scale;
  std::uint16_t minimum;
  std::uint8_t sub_scales[12];
  std::uint8_t fifth[32];
  std::uint8_t nibbles[128];
};
static_assert(sizeof(BlockQ5_K) == 176, "a Q5_K block has no padding");

static inline int code_of(const BlockQ5_K& block, int i) noexcept {
  const int byte = block.nibbles[i / 64 * 32 + i % 32];
  const int nibble = (i / 32) % 2 == 0 ? byte & 0x0F : byte >> 4;
  return nibble | (((block.fifth[i % 32] >> (i / 32)) & 1) << 4);
}

// The meaning of the format. Both products are exact in binary32, so there is one rounding.
static inline void decode_reference(const BlockQ5_K& block, float out[BlockQ5_K::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  const float minimum = half_to_float(block.minimum);
  for (int i = 0; i < 256; ++i) {
    const KScale sub = k_scale(block.sub_scales, i / 32);
    out[i] = scale * static_cast<float>(sub.scale) * static_cast<float>(code_of(block, i)) -
             minimum * static_cast<float>(sub.minimum);
  }
}

}  // namespace headrace
