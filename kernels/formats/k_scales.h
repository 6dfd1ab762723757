// The eight 6-bit scales and eight 6-bit minimums that Q4_K and Q5_K pack into 12 bytes.
// Sub-blocks 0..3: low six bits of bytes s (scale) and s + 4 (minimum). Sub-blocks 4..7: a nibble each in byte s + 4,
// and the upper two bits of bytes s - 4 (scale) and s (minimum).
#pragma once
#include <cstdint>

namespace headrace {

struct KScale {
  std::uint8_t scale;    // 0..63
  std::uint8_t minimum;  // 0..63
};

static inline KScale k_scale(const std::uint8_t packed[12], int sub_block) noexcept {
  const std::uint8_t* s = packed + sub_block;
  if (sub_block < 4) return {static_cast<std::uint8_t>(s[0] & 63), static_cast<std::uint8_t>(s[4] & 63)};
  return {static_cast<std::uint8_t>((s[4] & 15) | ((s[-4] >> 6) << 4)),
          static_cast<std::uint8_t>((s[4] >> 4) | ((s[0] >> 6) << 4))};
}

}  // namespace headrace
