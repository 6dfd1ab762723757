// Q5_0 (GGUF type 6): 32 weights in 22 bytes.  w[i] = scale * (q[i] - 16),  q[i] in [0, 31]
// Layout: scale as binary16; 4 bytes whose bit i is the fifth bit of q[i]; 16 bytes, byte j with the low nibbles of
// q[j] and q[j + 16].
#pragma once
#include "formats/extremes.h"
#include "formats/half.h"

namespace headrace {

struct BlockQ5_0 {
  static constexpr int kWeights = 32;
  std::uint16_t scale;
  std::uint8_t fifth[4];
  std::uint8_t nibbles[16];
};
static_assert(sizeof(BlockQ5_0) == 22, "a Q5_0 block has no padding");

// The meaning of the format: every faster decoder is tested against this one.
static inline void decode_reference(const BlockQ5_0& block, float out[BlockQ5_0::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  for (int i = 0; i < 32; ++i) {
    const int nibble = i < 16 ? block.nibbles[i] & 0x0F : block.nibbles[i - 16] >> 4;
    const int fifth = (block.fifth[i / 8] >> (i % 8)) & 1;
    out[i] = scale * static_cast<float>((nibble | (fifth << 4)) - 16);
  }
}

// scale = extreme / -16, codes from the unrounded scale.
static inline void encode_reference(const float in[BlockQ5_0::kWeights], BlockQ5_0& block) noexcept {
  const float scale = signed_extreme(in) / -16.0f;
  const float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
  block = BlockQ5_0{};
  block.scale = float_to_half(scale);
  for (int i = 0; i < 32; ++i) {
    const int code = truncated_code(in[i] * inverse + 16.5f, 31);
    std::uint8_t& byte = block.nibbles[i % 16];
    byte = static_cast<std::uint8_t>(byte | ((code & 0x0F) << (i < 16 ? 0 : 4)));
    std::uint8_t& fifth = block.fifth[i / 8];
    fifth = static_cast<std::uint8_t>(fifth | ((code >> 4) << (i % 8)));
  }
}

}  // namespace headrace
