// binary16 and bfloat16 as bits. Everything is `static`: files with different -m flags include this and must not share
// one compiled copy.
#pragma once
#include <cstdint>
#include <cstring>

namespace headrace {

static inline float float_from_bits(std::uint32_t bits) noexcept {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

static inline std::uint32_t bits_of_float(float value) noexcept {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

// Exact. A signalling NaN becomes quiet, as the F16C instruction does it.
static inline float half_to_float(std::uint16_t half) noexcept {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1Fu;
  const std::uint32_t fraction = half & 0x3FFu;
  if (exponent == 0) {  // zero and subnormals: fraction x 2^-24
    return float_from_bits(sign | bits_of_float(static_cast<float>(fraction) * 0x1p-24f));
  }
  if (exponent == 0x1F) {
    return float_from_bits(sign | 0x7F800000u | (fraction << 13) | (fraction != 0 ? 0x00400000u : 0u));
  }
  return float_from_bits(sign | ((exponent + 112) << 23) | (fraction << 13));
}

// Nearest, ties to even; beyond 65,519.99 infinity.
static inline std::uint16_t float_to_half(float value) noexcept {
  const std::uint32_t bits = bits_of_float(value);
  const auto sign = static_cast<std::uint16_t>((bits >> 16) & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  if (magnitude > 0x7F800000u) return static_cast<std::uint16_t>(sign | 0x7E00u | ((magnitude >> 13) & 0x3FFu));
  if (magnitude >= 0x477FF000u) return static_cast<std::uint16_t>(sign | 0x7C00u);
  if (magnitude < 0x38800000u) {  // below 2^-14: adding 0.5 rounds the fraction into the low bits
    const float shifted = float_from_bits(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (bits_of_float(shifted) - 0x3F000000u));
  }
  const std::uint32_t rounded = magnitude + 0xFFFu + ((magnitude >> 13) & 1u);
  return static_cast<std::uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

static inline float bfloat16_to_float(std::uint16_t value) noexcept {
  return float_from_bits(std::uint32_t{value} << 16);
}

// Nearest, ties to even; a NaN stays a NaN.
static inline std::uint16_t float_to_bfloat16(float value) noexcept {
  const std::uint32_t bits = bits_of_float(value);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

}  // namespace headrace
