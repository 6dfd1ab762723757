// Q5_1 (GGUF type 7): 32 weights in 24 bytes.  w[i] = scale * q[i] + minimum,  q[i] in [0, 31]
// Layout: scale and minimum as binary16; 4 bytes whose bit i is the fifth bit of q[i]; 16 bytes, byte j with the low
// nibbles of q[j] and q[j + 16].
#pragma once
#include "formats/extremes.h"
#include "formats/half.h"

namespace headrace {

struct BlockQ5_1 {
  static constexpr int kWeights = 32;
  std::uint16_t scale;
  std::uint16_t minimum;
  std::uint8_t fifth[4];
  std::uint8_t nibbles[16];
};
static_assert(sizeof(BlockQ5_1) == 24, "a Q5_1 block has no padding");

// The meaning of the format. The product is exact in binary32, so there is one rounding.
static inline void decode_reference(const BlockQ5_1& block, float out[BlockQ5_1::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  const float minimum = half_to_float(block.minimum);
  for (int i = 0; i < 32; ++i) {
    const int nibble = i < 16 ? block.nibbles[i] & 0x0F : block.nibbles[i - 16] >> 4;
    const int fifth = (block.fifth[i / 8] >> (i % 8)) & 1;
    out[i] = scale * static_cast<float>(nibble | (fifth << 4)) + minimum;
  }
}

// scale = (greatest - least) / 31, codes from the unrounded scale.
static inline void encode_reference(const float in[BlockQ5_1::kWeights], BlockQ5_1& block) noexcept {
  const Bounds range = bounds(in);
  const float scale = (range.greatest - range.least) / 31.0f;
  const float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
  block = BlockQ5_1{};
  block.scale = float_to_half(scale);
  block.minimum = float_to_half(range.least);
  for (int i = 0; i < 32; ++i) {
    const int code = truncated_code((in[i] - range.least) * inverse + 0.5f, 31);
    std::uint8_t& byte = block.nibbles[i % 16];
    byte = static_cast<std::uint8_t>(byte | ((code & 0x0F) << (i < 16 ? 0 : 4)));
    std::uint8_t& fifth = block.fifth[i / 8];
    fifth = static_cast<std::uint8_t>(fifth | ((code >> 4) << (i % 8)));
  }
}

}  // namespace headrace
