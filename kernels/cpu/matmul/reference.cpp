// The arithmetic law written down, and the scalar tier. Reads tiles one element at a time; loops run over the 16 lanes
// so that a compiler without any -m flag still does something sensible.
#include <cmath>

#include "cpu/matmul/by_count.h"
#include "cpu/matmul/elements.h"
#include "cpu/matmul/tiers.h"
#include "headrace/kernels.h"

namespace headrace::scalar {
namespace {

// One block of 32 inputs of a tile, spelt out.
template <class Elements>
struct Block {
  std::int16_t code[32][16];
  float scale[16];
  float minimum[16];
  std::int32_t sub_scale[2][16];

  Block(const std::uint8_t* tile, Offset b) noexcept {
    for (int n = 0; n < 16; ++n) {
      for (int i = 0; i < 32; ++i) code[i][n] = static_cast<std::int16_t>(Elements::code(tile, b, n, i));
      scale[n] = Elements::scale(tile, b, n);
      if constexpr (Elements::kMinimum) minimum[n] = Elements::minimum(tile, b, n);
      for (int half = 0; half < 2; ++half) {
        if constexpr (Elements::kSub == 0) sub_scale[half][n] = 1;
        if constexpr (Elements::kSub == 16) sub_scale[half][n] = Elements::sub_scale(tile, b, n, half);
        if constexpr (Elements::kSub == 32) sub_scale[half][n] = Elements::sub_scale(tile, b, n, 0);
      }
    }
  }

  // dot[n] with activations a, exact: kernels.h says how large it gets.
  void dot(const std::int32_t a[32], std::int32_t dot[16]) const noexcept {
    for (int n = 0; n < 16; ++n) dot[n] = 0;
    for (int half = 0; half < 2; ++half) {
      std::int32_t part[16] = {};
      for (int i = 16 * half; i < 16 * half + 16; ++i) {
        for (int n = 0; n < 16; ++n) part[n] += code[i][n] * a[i];
      }
      for (int n = 0; n < 16; ++n) dot[n] += sub_scale[half][n] * part[n];
    }
  }
};

// The 32 activations at block `at` of the group.
template <Planes kPlanes>
void activations(const QuantisedGroup& x, std::int64_t at, std::int32_t a[32]) noexcept {
  const std::int8_t* const q = x.q + bytes_of_block(kPlanes) * at;
  for (int i = 0; i < 32; ++i) {
    a[i] = q[i];
    if constexpr (kPlanes == Planes::kTwo) a[i] = a[i] * (1 << kPlaneShift) + q[32 + i];
  }
}

template <class Elements, Planes kPlanes>
void product(const std::uint8_t* tile, std::int64_t columns, const QuantisedGroup& x, int first, int count,
             float* out) noexcept {
  for (int i = 0; i < 16 * count; ++i) out[i] = 0.0f;
  for (Offset b = 0; b < columns / 32; ++b) {
    const Block<Elements> block(tile, b);
    for (int m = 0; m < count; ++m) {
      const std::int64_t at = b * x.rows + first + m;
      std::int32_t a[32];
      std::int32_t dot[16];
      activations<kPlanes>(x, at, a);
      block.dot(a, dot);
      for (int n = 0; n < 16; ++n) {
        float& f = out[16 * m + n];
        f = std::fma(static_cast<float>(dot[n]), block.scale[n] * x.scale[at], f);
        if constexpr (Elements::kMinimum) f = std::fma(block.minimum[n], x.sum[at], f);
      }
    }
  }
}

template <class Elements>
void float_product(const std::uint8_t* tile, std::int64_t columns, const FloatGroup& x, int first, int count,
                   float* out) noexcept {
  for (int m = 0; m < count; ++m) {
    const float* row = x.x + (first + m) * x.stride;
    float chain[4][16] = {};
    for (std::int64_t k = 0; k < columns; ++k) {
      for (int n = 0; n < 16; ++n) chain[k % 4][n] = std::fma(Elements::weight(tile, k, n), row[k], chain[k % 4][n]);
    }
    for (int n = 0; n < 16; ++n) out[16 * m + n] = (chain[0][n] + chain[1][n]) + (chain[2][n] + chain[3][n]);
  }
}

template <class Elements, Planes kPlanes>
struct Quantised {
  template <int kCount>
  struct Kernel {
    static void tile(const void* tile, std::int64_t columns, const QuantisedGroup& x, int first, float* out) noexcept {
      product<Elements, kPlanes>(static_cast<const std::uint8_t*>(tile), columns, x, first, kCount, out);
    }
  };
};

template <class Elements>
struct Float {
  template <int kCount>
  struct Kernel {
    static void tile(const void* tile, std::int64_t columns, const FloatGroup& x, int first, float* out) noexcept {
      float_product<Elements>(static_cast<const std::uint8_t*>(tile), columns, x, first, kCount, out);
    }
  };
};

template <Planes kPlanes>
QuantisedTile tile_of(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_Q4_0: return quantised_by_count<Quantised<ElementsQ4_0, kPlanes>::template Kernel>(count);
    case HR_Q4_1: return quantised_by_count<Quantised<ElementsQ4_1, kPlanes>::template Kernel>(count);
    case HR_Q5_0: return quantised_by_count<Quantised<ElementsQ5_0, kPlanes>::template Kernel>(count);
    case HR_Q5_1: return quantised_by_count<Quantised<ElementsQ5_1, kPlanes>::template Kernel>(count);
    case HR_Q8_0: return quantised_by_count<Quantised<ElementsQ8_0, kPlanes>::template Kernel>(count);
    case HR_Q4_K: return quantised_by_count<Quantised<ElementsQ4_K, kPlanes>::template Kernel>(count);
    case HR_Q5_K: return quantised_by_count<Quantised<ElementsQ5_K, kPlanes>::template Kernel>(count);
    case HR_Q6_K: return quantised_by_count<Quantised<ElementsQ6_K, kPlanes>::template Kernel>(count);
    default: return nullptr;
  }
}

}  // namespace

QuantisedTile quantised_tile(std::int32_t format, int count) noexcept { return tile_of<Planes::kOne>(format, count); }

QuantisedTile planes_tile(std::int32_t format, int count) noexcept { return tile_of<Planes::kTwo>(format, count); }

FloatTile float_tile(std::int32_t format, int count) noexcept {
  switch (format) {
    case HR_F32: return float_by_count<Float<ElementsF32>::Kernel>(count);
    case HR_F16: return float_by_count<Float<ElementsF16>::Kernel>(count);
    case HR_BF16: return float_by_count<Float<ElementsBF16>::Kernel>(count);
    default: return nullptr;
  }
}

}  // namespace headrace::scalar
