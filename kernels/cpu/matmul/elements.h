// One element at a time out of a packed tile: what the layouts of layout.h mean. The scalar tier and decode_row read
// tiles through this and nothing else.
#pragma once
#include "cpu/matmul/layout.h"
#include "formats/half.h"

namespace headrace {
namespace {

inline float half_at(const std::uint8_t* tile, Offset halves, int n) noexcept {
  std::uint16_t half;
  std::memcpy(&half, tile + halves + 2 * n, sizeof half);
  return half_to_float(half);
}

// Four bits of input i of the block whose nibbles start at `codes`.
inline int nibble_at(const std::uint8_t* tile, Offset codes, int n, int i) noexcept {
  const int byte = tile[codes + i % 16 / 4 * 64 + 4 * n + i % 4];
  return i < 16 ? byte & 0x0F : byte >> 4;
}

inline int five_bits_at(const std::uint8_t* tile, Offset codes, int n, int i) noexcept {
  const int fifth = (tile[codes + kFifth + 4 * n + i % 4] >> (i / 4)) & 1;
  return nibble_at(tile, codes, n, i) | (fifth << 4);
}

// Elements of a format: the signed code the dot product is taken over, block b of 32 inputs, lane n, input i of the
// block; the scale; where kMinimum, what multiplies the activations' sum; where kSub is not 0, integer scales per kSub
// inputs.
template <class Layout, int kBits, int kZero>
struct PairElements : Layout {
  static constexpr bool kMinimum = false;
  static constexpr int kSub = 0;
  static int code(const std::uint8_t* tile, Offset b, int n, int i) noexcept {
    if constexpr (kBits == 8) return tile[Layout::codes(b) + i / 4 * 64 + 4 * n + i % 4] - kZero;
    if constexpr (kBits == 5) return five_bits_at(tile, Layout::codes(b), n, i) - kZero;
    return nibble_at(tile, Layout::codes(b), n, i) - kZero;
  }
  static float scale(const std::uint8_t* tile, Offset b, int n) noexcept { return half_at(tile, Layout::scales(b), n); }
};

template <class Layout, int kBits>
struct MinimumElements : Layout {
  static constexpr bool kMinimum = true;
  static constexpr int kSub = 0;
  static int code(const std::uint8_t* tile, Offset b, int n, int i) noexcept {
    if constexpr (kBits == 5) return five_bits_at(tile, Layout::codes(b), n, i);
    return nibble_at(tile, Layout::codes(b), n, i);
  }
  static float scale(const std::uint8_t* tile, Offset b, int n) noexcept { return half_at(tile, Layout::scales(b), n); }
  static float minimum(const std::uint8_t* tile, Offset b, int n) noexcept {
    return half_at(tile, Layout::minimums(b), n);
  }
};

template <class Layout, int kBits>
struct SuperElements : MinimumElements<Layout, kBits> {
  static constexpr int kSub = 32;
  static int sub_scale(const std::uint8_t* tile, Offset b, int n, int) noexcept {
    return tile[Layout::sub_scales(b) + n];
  }
  static float minimum(const std::uint8_t* tile, Offset b, int n) noexcept {
    return -(half_at(tile, Layout::minimums(b), n) * static_cast<float>(tile[Layout::sub_minimums(b) + n]));
  }
};

struct SixElements : LayoutQ6_K {
  static constexpr bool kMinimum = false;
  static constexpr int kSub = 16;
  static int code(const std::uint8_t* tile, Offset b, int n, int i) noexcept {
    const Offset half = codes(b) + i / 16 * kSixHalf;
    const int j = i % 16 / 4;
    const int byte = tile[half + j % 2 * 64 + 4 * n + i % 4];
    const int upper = (tile[half + kSixUpper + 4 * n + i % 4] >> (2 * j)) & 3;
    return ((j < 2 ? byte & 0x0F : byte >> 4) | (upper << 4)) - 32;
  }
  static float scale(const std::uint8_t* tile, Offset b, int n) noexcept {
    float value;
    std::memcpy(&value, tile + scales(b) + 4 * n, sizeof value);
    return value;
  }
  static int sub_scale(const std::uint8_t* tile, Offset b, int n, int half) noexcept {
    return static_cast<std::int8_t>(tile[sub_scales(b) + 16 * half + n]);
  }
};

using ElementsQ4_0 = PairElements<LayoutQ4_0, 4, 8>;
using ElementsQ5_0 = PairElements<LayoutQ5_0, 5, 16>;
using ElementsQ8_0 = PairElements<LayoutQ8_0, 8, 128>;
using ElementsQ4_1 = MinimumElements<LayoutQ4_1, 4>;
using ElementsQ5_1 = MinimumElements<LayoutQ5_1, 5>;
using ElementsQ4_K = SuperElements<LayoutQ4_K, 4>;
using ElementsQ5_K = SuperElements<LayoutQ5_K, 5>;
using ElementsQ6_K = SixElements;

struct ElementsF32 : LayoutF32 {
  static float weight(const std::uint8_t* tile, Offset k, int n) noexcept {
    float value;
    std::memcpy(&value, tile + column(k) + 4 * n, sizeof value);
    return value;
  }
};

struct ElementsF16 : LayoutF16 {
  static float weight(const std::uint8_t* tile, Offset k, int n) noexcept { return half_at(tile, column(k), n); }
};

struct ElementsBF16 : LayoutBF16 {
  static float weight(const std::uint8_t* tile, Offset k, int n) noexcept {
    std::uint16_t value;
    std::memcpy(&value, tile + column(k) + 2 * n, sizeof value);
    return bfloat16_to_float(value);
  }
};

}  // namespace
}  // namespace headrace
