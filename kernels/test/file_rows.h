// Rows of weights as a file stores them, and activations, for the tests of formats and products. Deterministic.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cpu/matmul/matmul.h"
#include "cpu/tier.h"
#include "test/check.h"

namespace headrace::test {

enum class Fill {
  kRandom,
  kAllMost,
  kAllLeast,
  kAlternating,
  kZeros,
  kOneBlock,
  kDenormalScales,
  kZeroMinimum,
  kNegativeScale
};

constexpr Fill kFills[] = {Fill::kRandom,         Fill::kAllMost,     Fill::kAllLeast,
                           Fill::kAlternating,    Fill::kZeros,       Fill::kOneBlock,
                           Fill::kDenormalScales, Fill::kZeroMinimum, Fill::kNegativeScale};

constexpr std::int32_t kQuantisedFormats[] = {HR_Q4_0, HR_Q4_1, HR_Q5_0, HR_Q5_1, HR_Q8_0, HR_Q4_K, HR_Q5_K, HR_Q6_K};
constexpr std::int32_t kFloatFormats[] = {HR_F32, HR_F16, HR_BF16};

// xorshift64*
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 2654435761u + 88172645463325252u) {}
  std::uint32_t bits() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::uint32_t>((state_ * 2685821657736338717u) >> 32);
  }
  int below(int n) { return static_cast<int>(bits() % static_cast<std::uint32_t>(n)); }
  float symmetric() { return static_cast<float>(static_cast<std::int32_t>(bits())) * 0x1p-31f; }

 private:
  std::uint64_t state_;
};

// Memory of exactly `bytes`, aligned to 64: a sanitizer sees a kernel that reads past it.
struct Freed {
  void operator()(void* memory) const { std::free(memory); }
};
template <class T>
std::unique_ptr<T[], Freed> aligned(std::size_t count) {
  const std::size_t bytes = (count * sizeof(T) + 63) / 64 * 64;
  return std::unique_ptr<T[], Freed>(static_cast<T*>(std::aligned_alloc(64, bytes)));
}

// Where a block keeps binary16 fields: the scale, and the minimum or -1.
struct HalfFields {
  int scale;
  int minimum;
};

inline HalfFields half_fields(std::int32_t format) {
  switch (format) {
    case HR_Q4_1:
    case HR_Q5_1:
    case HR_Q4_K:
    case HR_Q5_K: return {0, 2};
    case HR_Q6_K: return {208, -1};
    default: return {0, -1};
  }
}

// A binary16 of either sign between 2^-9 and 2^-6.
inline std::uint16_t small_half(Dice& dice) {
  return static_cast<std::uint16_t>((dice.bits() & 0x8000u) | (6u << 10) | (dice.bits() & 0x0BFFu));
}

inline std::uint16_t half_for(Fill fill, Dice& dice) {
  switch (fill) {
    case Fill::kZeros: return 0;
    case Fill::kDenormalScales: return static_cast<std::uint16_t>((dice.bits() & 0x8000u) | (dice.bits() & 0x3FFu));
    case Fill::kNegativeScale: return static_cast<std::uint16_t>(small_half(dice) | 0x8000u);
    default: return small_half(dice);
  }
}

// One row of a quantised format.
inline std::vector<std::uint8_t> file_row(std::int32_t format, std::int64_t columns, Fill fill, std::uint64_t seed) {
  const FormatTraits& traits = *format_traits(format);
  const auto blocks = static_cast<std::size_t>(columns / traits.block_weights);
  const auto size = static_cast<std::size_t>(traits.block_bytes);
  std::vector<std::uint8_t> row(blocks * size, 0);
  Dice dice(seed);
  const std::size_t only = static_cast<std::size_t>(dice.bits()) % blocks;
  for (std::size_t b = 0; b < blocks; ++b) {
    std::uint8_t* block = row.data() + b * size;
    if (fill == Fill::kZeros || (fill == Fill::kOneBlock && b != only)) continue;
    for (std::size_t i = 0; i < size; ++i) {
      std::uint8_t byte = static_cast<std::uint8_t>(dice.bits());
      if (fill == Fill::kAllMost) byte = format == HR_Q8_0 ? 0x7F : 0xFF;
      if (fill == Fill::kAllLeast) byte = format == HR_Q8_0 ? 0x80 : 0x00;
      if (fill == Fill::kAlternating)
        byte = format == HR_Q8_0 ? (i % 2 != 0 ? 0x80 : 0x7F) : (i % 2 != 0 ? 0xF0 : 0x0F);
      block[i] = byte;
    }
    const bool extreme = fill == Fill::kAllMost || fill == Fill::kAllLeast;
    if (format == HR_Q6_K && extreme) std::memset(block + 192, 0x80, 16);                       // sub-scales of -128
    if ((format == HR_Q4_K || format == HR_Q5_K) && extreme) std::memset(block + 4, 0xFF, 12);  // and of 63
    const HalfFields at = half_fields(format);
    const std::uint16_t scale = half_for(fill, dice);
    std::memcpy(block + at.scale, &scale, 2);
    if (at.minimum >= 0) {
      const std::uint16_t minimum = fill == Fill::kZeroMinimum ? std::uint16_t{0} : half_for(fill, dice);
      std::memcpy(block + at.minimum, &minimum, 2);
    }
  }
  return row;
}

// 16 rows and their tile.
struct Packed {
  std::vector<std::vector<std::uint8_t>> rows;
  std::unique_ptr<std::uint8_t[], Freed> tile;
};

inline Packed pack(std::int32_t format, std::int64_t columns, std::vector<std::vector<std::uint8_t>> rows) {
  const FormatTraits& traits = *format_traits(format);
  Packed packed{std::move(rows), aligned<std::uint8_t>(traits.tile_bytes(columns))};
  const void* from[16];
  for (std::size_t n = 0; n < 16; ++n) from[n] = n < packed.rows.size() ? packed.rows[n].data() : nullptr;
  traits.pack_tile(from, columns, packed.tile.get());
  return packed;
}

inline Packed packed_fill(std::int32_t format, std::int64_t columns, Fill fill, std::uint64_t seed) {
  std::vector<std::vector<std::uint8_t>> rows;
  for (std::uint64_t n = 0; n < 16; ++n) rows.push_back(file_row(format, columns, fill, seed * 16 + n));
  return pack(format, columns, std::move(rows));
}

constexpr Planes kPlaneCounts[] = {Planes::kOne, Planes::kTwo};

inline std::size_t row_bytes(Planes planes) { return 32 * static_cast<std::size_t>(planes); }

// A quantised group that owns its memory, no byte more than it needs.
struct OwnedGroup {
  Planes planes;
  std::vector<std::int8_t> q;
  std::vector<float> scale;
  std::vector<float> sum;
  std::vector<std::int32_t> negsum;
  QuantisedGroup view;

  OwnedGroup(std::int64_t columns, int rows, Planes the_planes = Planes::kOne)
      : planes(the_planes),
        q(static_cast<std::size_t>(columns * rows) * static_cast<std::size_t>(the_planes)),
        scale(static_cast<std::size_t>(columns / 32 * rows)),
        sum(scale.size()),
        negsum(scale.size()),
        view{q.data(), scale.data(), sum.data(), negsum.data(), rows} {}
  OwnedGroup(const OwnedGroup&) = delete;
  OwnedGroup& operator=(const OwnedGroup&) = delete;

  // Activation i of block `at` as the integer it stands for.
  std::int32_t code(std::size_t at, std::size_t i) const {
    const std::int8_t* const bytes = q.data() + row_bytes(planes) * at;
    return planes == Planes::kTwo ? 128 * bytes[i] + bytes[32 + i] : bytes[i];
  }
};

// Says at the end of the run which tiers it covered; true where the machine has the tier.
inline bool tier_runs_here(std::int32_t tier, const std::string& what) {
  const bool here = tier <= best_tier();
  note(what + " on " + tier_name(tier) + (here ? ": tested" : ": SKIPPED, this machine lacks it"));
  return here;
}

}  // namespace headrace::test
