// The bf16 law without help from the processor: numbers of a product are bfloat16 without subnormals, and products come
// in pairs, as VDPBF16PS computes them.
//
// static: each file gets its own copy, so that none compiled for a higher tier can stand in for all.
#pragma once
#include <cstdint>

namespace headrace {

// A subnormal becomes a zero of its sign.
[[maybe_unused]] static inline float flushed(float x) noexcept {
  return __builtin_fabsf(x) < 0x1p-126f ? __builtin_copysignf(0.0f, x) : x;
}

// Nearest, ties to even; a subnormal becomes a zero of its sign, a NaN quiet.
[[maybe_unused]] static inline std::uint16_t to_pair_half(float x) noexcept {
  const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, flushed(x));
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return static_cast<std::uint16_t>((bits >> 16) | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16);
}

[[maybe_unused]] static inline float from_pair_half(std::uint16_t x) noexcept {
  return __builtin_bit_cast(float, static_cast<std::uint32_t>(x) << 16);
}

// a + x * y over the two halves of x and y, the upper (odd) one first; a is not subnormal.
[[maybe_unused]] static inline float add_pair(float a, std::uint32_t x, std::uint32_t y) noexcept {
  const auto upper = [](std::uint32_t w) { return __builtin_bit_cast(float, w & 0xFFFF0000u); };
  const auto lower = [](std::uint32_t w) { return __builtin_bit_cast(float, w << 16); };
  const float odd = flushed(__builtin_fmaf(flushed(upper(x)), flushed(upper(y)), a));
  return flushed(__builtin_fmaf(flushed(lower(x)), flushed(lower(y)), odd));
}

}  // namespace headrace
