// Q8_0 (GGUF type 8): 32 weights in 34 bytes.  w[i] = scale * q[i],  q[i] in [-128, 127]
// Layout: scale as binary16, then 32 signed bytes. Our encoder never writes -128, but a file may hold it.
#pragma once
#include <cmath>

#include "formats/half.h"

namespace headrace {

struct BlockQ8_0 {
  static constexpr int kWeights = 32;
  std::uint16_t scale;
  std::int8_t codes[32];
};
static_assert(sizeof(BlockQ8_0) == 34, "a Q8_0 block has no padding");

// The meaning of the format: every faster decoder is tested against this one.
static inline void decode_reference(const BlockQ8_0& block, float out[BlockQ8_0::kWeights]) noexcept {
  const float scale = half_to_float(block.scale);
  for (int i = 0; i < 32; ++i) out[i] = scale * static_cast<float>(block.codes[i]);
}

// scale = max|x| / 127, codes from the unrounded scale, halves away from zero.
static inline void encode_reference(const float in[BlockQ8_0::kWeights], BlockQ8_0& block) noexcept {
  float most = 0.0f;
  for (int i = 0; i < 32; ++i) most = std::fmax(most, std::fabs(in[i]));
  const float scale = most / 127.0f;
  const float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
  block.scale = float_to_half(scale);
  for (int i = 0; i < 32; ++i) block.codes[i] = static_cast<std::int8_t>(std::round(in[i] * inverse));
}

}  // namespace headrace
