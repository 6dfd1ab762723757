// Packing file rows into tiles and reading them back, and the table of formats.
#include <cstring>

#include "cpu/matmul/elements.h"
#include "cpu/matmul/matmul.h"
#include "formats/bf16.h"
#include "formats/f16.h"
#include "formats/f32.h"
#include "formats/q4_0.h"
#include "formats/q4_1.h"
#include "formats/q4_k.h"
#include "formats/q5_0.h"
#include "formats/q5_1.h"
#include "formats/q5_k.h"
#include "formats/q6_k.h"
#include "formats/q8_0.h"
#include "headrace/kernels.h"

namespace headrace {
namespace {

// Files are not aligned to their blocks.
template <class Block>
Block block_at(const void* row, Offset index) noexcept {
  Block block;
  std::memcpy(&block, static_cast<const std::uint8_t*>(row) + index * Offset{sizeof(Block)}, sizeof block);
  return block;
}

void put_half(std::uint8_t* tile, Offset halves, int n, std::uint16_t value) noexcept {
  std::memcpy(tile + halves + 2 * n, &value, sizeof value);
}

void put_nibble(std::uint8_t* tile, Offset codes, int n, int i, int nibble) noexcept {
  std::uint8_t& byte = tile[codes + i % 16 / 4 * 64 + 4 * n + i % 4];
  byte = static_cast<std::uint8_t>(byte | (nibble << (i < 16 ? 0 : 4)));
}

void put_fifth(std::uint8_t* tile, Offset codes, int n, int i, int bit) noexcept {
  std::uint8_t& byte = tile[codes + kFifth + 4 * n + i % 4];
  byte = static_cast<std::uint8_t>(byte | (bit << (i / 4)));
}

// The 16 nibble bytes of a Q4 or Q5 file block already are four groups of a tile's vectors.
void put_nibble_bytes(std::uint8_t* tile, Offset codes, int n, const std::uint8_t nibbles[16]) noexcept {
  for (int j = 0; j < 4; ++j) std::memcpy(tile + codes + 64 * j + 4 * n, nibbles + 4 * j, 4);
}

void put_fifth_bits(std::uint8_t* tile, Offset codes, int n, const std::uint8_t fifth[4]) noexcept {
  for (int i = 0; i < 32; ++i) put_fifth(tile, codes, n, i, (fifth[i / 8] >> (i % 8)) & 1);
}

// put(block, tile, index, n): one file block of lane n into a zeroed tile.
void put(const BlockQ4_0& block, std::uint8_t* tile, Offset b, int n) noexcept {
  put_half(tile, LayoutQ4_0::scales(b), n, block.scale);
  put_nibble_bytes(tile, LayoutQ4_0::codes(b), n, block.nibbles);
}

void put(const BlockQ4_1& block, std::uint8_t* tile, Offset b, int n) noexcept {
  put_half(tile, LayoutQ4_1::scales(b), n, block.scale);
  put_half(tile, LayoutQ4_1::minimums(b), n, block.minimum);
  put_nibble_bytes(tile, LayoutQ4_1::codes(b), n, block.nibbles);
}

void put(const BlockQ5_0& block, std::uint8_t* tile, Offset b, int n) noexcept {
  put_half(tile, LayoutQ5_0::scales(b), n, block.scale);
  put_nibble_bytes(tile, LayoutQ5_0::codes(b), n, block.nibbles);
  put_fifth_bits(tile, LayoutQ5_0::codes(b), n, block.fifth);
}

void put(const BlockQ5_1& block, std::uint8_t* tile, Offset b, int n) noexcept {
  put_half(tile, LayoutQ5_1::scales(b), n, block.scale);
  put_half(tile, LayoutQ5_1::minimums(b), n, block.minimum);
  put_nibble_bytes(tile, LayoutQ5_1::codes(b), n, block.nibbles);
  put_fifth_bits(tile, LayoutQ5_1::codes(b), n, block.fifth);
}

void put(const BlockQ8_0& block, std::uint8_t* tile, Offset b, int n) noexcept {
  put_half(tile, LayoutQ8_0::scales(b), n, block.scale);
  for (int i = 0; i < 32; ++i) {
    tile[LayoutQ8_0::codes(b) + i / 4 * 64 + 4 * n + i % 4] = static_cast<std::uint8_t>(block.codes[i] + 128);
  }
}

template <class Layout, class Block>
void put_super(const Block& block, std::uint8_t* tile, Offset super, int n, bool fifth) noexcept {
  put_half(tile, Layout::scales(8 * super), n, block.scale);
  put_half(tile, Layout::minimums(8 * super), n, block.minimum);
  for (int s = 0; s < 8; ++s) {
    const Offset b = 8 * super + s;
    const KScale sub = k_scale(block.sub_scales, s);
    tile[Layout::sub_scales(b) + n] = sub.scale;
    tile[Layout::sub_minimums(b) + n] = sub.minimum;
    for (int i = 0; i < 32; ++i) {
      const int code = code_of(block, 32 * s + i);
      put_nibble(tile, Layout::codes(b), n, i, code & 15);
      if (fifth) put_fifth(tile, Layout::codes(b), n, i, code >> 4);
    }
  }
}

void put(const BlockQ4_K& block, std::uint8_t* tile, Offset super, int n) noexcept {
  put_super<LayoutQ4_K>(block, tile, super, n, false);
}

void put(const BlockQ5_K& block, std::uint8_t* tile, Offset super, int n) noexcept {
  put_super<LayoutQ5_K>(block, tile, super, n, true);
}

void put(const BlockQ6_K& block, std::uint8_t* tile, Offset super, int n) noexcept {
  const float scale = half_to_float(block.scale);
  std::memcpy(tile + LayoutQ6_K::scales(8 * super) + 4 * n, &scale, sizeof scale);
  for (int i = 0; i < 256; ++i) {
    const Offset b = 8 * super + i / 32;
    const int half = i % 32 / 16;
    const int j = i % 16 / 4;
    const Offset codes = LayoutQ6_K::codes(b) + half * kSixHalf + 4 * n + i % 4;
    const int code = code_of(block, i);
    tile[LayoutQ6_K::sub_scales(b) + 16 * half + n] = static_cast<std::uint8_t>(block.sub_scales[i / 16]);
    std::uint8_t& nibbles = tile[codes + j % 2 * 64];
    nibbles = static_cast<std::uint8_t>(nibbles | ((code & 15) << (j < 2 ? 0 : 4)));
    std::uint8_t& upper = tile[codes + kSixUpper];
    upper = static_cast<std::uint8_t>(upper | ((code >> 4) << (2 * j)));
  }
}

void put(const BlockF32& block, std::uint8_t* tile, Offset k, int n) noexcept {
  std::memcpy(tile + LayoutF32::column(k) + 4 * n, &block.value, sizeof block.value);
}

void put(const BlockF16& block, std::uint8_t* tile, Offset k, int n) noexcept {
  put_half(tile, LayoutF16::column(k), n, block.value);
}

void put(const BlockBF16& block, std::uint8_t* tile, Offset k, int n) noexcept {
  put_half(tile, LayoutBF16::column(k), n, block.value);
}

template <class Layout>
std::size_t tile_bytes(std::int64_t columns) noexcept {
  return static_cast<std::size_t>(Layout::bytes(columns));
}

// Blocks outermost: the 16 rows are read as 16 streams and the tile is written once, in order.
template <class Layout, class Block>
void pack_tile(const void* const rows[16], std::int64_t columns, void* tile) noexcept {
  auto* const bytes = static_cast<std::uint8_t*>(tile);
  std::memset(bytes, 0, tile_bytes<Layout>(columns));
  for (Offset block = 0; block < columns / Block::kWeights; ++block) {
    for (int n = 0; n < 16; ++n) {
      if (rows[n] != nullptr) put(block_at<Block>(rows[n], block), bytes, block, n);
    }
  }
}

template <class Elements>
void decode_row(const void* tile, std::int64_t columns, int n, float* out) noexcept {
  const auto* const bytes = static_cast<const std::uint8_t*>(tile);
  for (Offset b = 0; b < columns / 32; ++b) {
    const float scale = Elements::scale(bytes, b, n);
    for (int i = 0; i < 32; ++i) {
      float value = scale;
      if constexpr (Elements::kSub != 0)
        value *= static_cast<float>(Elements::sub_scale(bytes, b, n, i / Elements::kSub));
      value *= static_cast<float>(Elements::code(bytes, b, n, i));
      if constexpr (Elements::kMinimum) value += Elements::minimum(bytes, b, n);
      out[32 * b + i] = value;
    }
  }
}

template <class Elements>
void decode_float_row(const void* tile, std::int64_t columns, int n, float* out) noexcept {
  for (Offset k = 0; k < columns; ++k) out[k] = Elements::weight(static_cast<const std::uint8_t*>(tile), k, n);
}

template <class Block, class Elements>
constexpr FormatTraits quantised(std::int32_t format, const char* name) noexcept {
  return {format,
          name,
          Block::kWeights,
          sizeof(Block),
          true,
          tile_bytes<Elements>,
          pack_tile<Elements, Block>,
          decode_row<Elements>};
}

template <class Block, class Elements>
constexpr FormatTraits plain(std::int32_t format, const char* name) noexcept {
  return {format,
          name,
          Block::kWeights,
          sizeof(Block),
          false,
          tile_bytes<Elements>,
          pack_tile<Elements, Block>,
          decode_float_row<Elements>};
}

constexpr FormatTraits kFormats[] = {
    plain<BlockF32, ElementsF32>(HR_F32, "F32"),         plain<BlockF16, ElementsF16>(HR_F16, "F16"),
    plain<BlockBF16, ElementsBF16>(HR_BF16, "BF16"),     quantised<BlockQ4_0, ElementsQ4_0>(HR_Q4_0, "Q4_0"),
    quantised<BlockQ4_1, ElementsQ4_1>(HR_Q4_1, "Q4_1"), quantised<BlockQ5_0, ElementsQ5_0>(HR_Q5_0, "Q5_0"),
    quantised<BlockQ5_1, ElementsQ5_1>(HR_Q5_1, "Q5_1"), quantised<BlockQ8_0, ElementsQ8_0>(HR_Q8_0, "Q8_0"),
    quantised<BlockQ4_K, ElementsQ4_K>(HR_Q4_K, "Q4_K"), quantised<BlockQ5_K, ElementsQ5_K>(HR_Q5_K, "Q5_K"),
    quantised<BlockQ6_K, ElementsQ6_K>(HR_Q6_K, "Q6_K"),
};

}  // namespace

const FormatTraits* format_traits(std::int32_t format) noexcept {
  for (const FormatTraits& traits : kFormats) {
    if (traits.format == format) return &traits;
  }
  return nullptr;
}

}  // namespace headrace
