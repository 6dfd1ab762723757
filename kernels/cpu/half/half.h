// binary16 without help from the processor: exact widening, narrowing to nearest even as F16C does it (overflow to
// infinity, subnormals kept, a NaN keeps its sign and upper bits and becomes quiet).
//
// static: each file gets its own copy, so that none compiled for a higher tier can stand in for all.
#pragma once
#include <cstdint>

namespace headrace {

[[maybe_unused]] static inline float half_to_float(std::uint16_t h) noexcept {
  const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000u) << 16;
  const std::uint32_t exponent = (h >> 10) & 0x1Fu;
  const std::uint32_t mantissa = h & 0x3FFu;
  if (exponent == 0x1Fu) {  // infinity; a NaN becomes quiet
    const std::uint32_t quiet = mantissa != 0 ? 0x400000u : 0u;
    return __builtin_bit_cast(float, sign | 0x7F800000u | quiet | (mantissa << 13));
  }
  if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24, exact in float32
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return __builtin_bit_cast(float, sign | __builtin_bit_cast(std::uint32_t, magnitude));
  }
  return __builtin_bit_cast(float, sign | ((exponent + 112u) << 23) | (mantissa << 13));
}

[[maybe_unused]] static inline std::uint16_t float_to_half(float x) noexcept {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, x);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<std::uint16_t>(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
  if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7C00u);  // 2^16 and above
  std::uint32_t kept;                                                               // result without rounding
  std::uint32_t dropped;  // bits below the result's last one, aligned so that `half_unit` is one half of it
  std::uint32_t half_unit;
  if (magnitude >= 0x38800000u) {  // normal: 2^-14 and above
    kept = (magnitude >> 13) - (112u << 10);
    dropped = magnitude & 0x1FFFu;
    half_unit = 0x1000u;
  } else {
    const std::uint32_t exponent = magnitude >> 23;
    if (exponent < 102u) return static_cast<std::uint16_t>(sign);  // below 2^-25: nearer to zero than to 2^-24
    const std::uint32_t shift = 126u - exponent;                   // 14 .. 24
    const std::uint32_t mantissa = (magnitude & 0x7FFFFFu) | 0x800000u;
    kept = mantissa >> shift;
    dropped = mantissa & ((1u << shift) - 1u);
    half_unit = 1u << (shift - 1u);
  }
  const bool up = dropped > half_unit || (dropped == half_unit && (kept & 1u) != 0u);
  return static_cast<std::uint16_t>(sign | (kept + (up ? 1u : 0u)));  // a carry runs into the exponent, up to infinity
}

}  // namespace headrace
