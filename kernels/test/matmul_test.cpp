// Every tier computes the arithmetic law of kernels.h, bit for bit, for every row count.
#include <cmath>
#include <memory>

#include "cpu/quantise/quantise.h"
#include "formats/bf16.h"
#include "formats/f16.h"
#include "formats/q4_0.h"
#include "formats/q4_1.h"
#include "formats/q4_k.h"
#include "formats/q5_0.h"
#include "formats/q5_1.h"
#include "formats/q5_k.h"
#include "formats/q6_k.h"
#include "formats/q8_0.h"
#include "headrace/kernels.h"
#include "test/file_rows.h"

namespace headrace::test {
namespace {

constexpr std::size_t kCanaries = 64;
constexpr float kCanary = 0x1.23456p-7f;

// The law, straight from a file's blocks.

// What 32 inputs of one row contribute.
struct Contribution {
  std::int32_t dot;
  float scale;
  bool has_minimum;
  float minimum;
};

template <class Block>
Block block_of(const std::vector<std::uint8_t>& row, std::int64_t index) {
  Block block;
  std::memcpy(&block, row.data() + index * std::int64_t{sizeof block}, sizeof block);
  return block;
}

int nibble(const std::uint8_t nibbles[16], int i) { return i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4; }
int fifth(const std::uint8_t bits[4], int i) { return ((bits[i / 8] >> (i % 8)) & 1) << 4; }

template <class Block>
Contribution of_super_block(const Block& block, std::int64_t b, const std::int32_t* a) {
  const int s = static_cast<int>(b % 8);
  const KScale sub = k_scale(block.sub_scales, s);
  std::int32_t dot = 0;
  for (int i = 0; i < 32; ++i) dot += code_of(block, 32 * s + i) * a[i];
  return {sub.scale * dot, half_to_float(block.scale), true,
          -(half_to_float(block.minimum) * static_cast<float>(sub.minimum))};
}

Contribution contribution(std::int32_t format, const std::vector<std::uint8_t>& row, std::int64_t b,
                          const std::int32_t* a) {
  std::int32_t dot = 0;
  switch (format) {
    case HR_Q4_0: {
      const auto block = block_of<BlockQ4_0>(row, b);
      for (int i = 0; i < 32; ++i) dot += (nibble(block.nibbles, i) - 8) * a[i];
      return {dot, half_to_float(block.scale), false, 0.0f};
    }
    case HR_Q4_1: {
      const auto block = block_of<BlockQ4_1>(row, b);
      for (int i = 0; i < 32; ++i) dot += nibble(block.nibbles, i) * a[i];
      return {dot, half_to_float(block.scale), true, half_to_float(block.minimum)};
    }
    case HR_Q5_0: {
      const auto block = block_of<BlockQ5_0>(row, b);
      for (int i = 0; i < 32; ++i) dot += ((nibble(block.nibbles, i) | fifth(block.fifth, i)) - 16) * a[i];
      return {dot, half_to_float(block.scale), false, 0.0f};
    }
    case HR_Q5_1: {
      const auto block = block_of<BlockQ5_1>(row, b);
      for (int i = 0; i < 32; ++i) dot += (nibble(block.nibbles, i) | fifth(block.fifth, i)) * a[i];
      return {dot, half_to_float(block.scale), true, half_to_float(block.minimum)};
    }
    case HR_Q8_0: {
      const auto block = block_of<BlockQ8_0>(row, b);
      for (int i = 0; i < 32; ++i) dot += block.codes[i] * a[i];
      return {dot, half_to_float(block.scale), false, 0.0f};
    }
    case HR_Q4_K: return of_super_block(block_of<BlockQ4_K>(row, b / 8), b, a);
    case HR_Q5_K: return of_super_block(block_of<BlockQ5_K>(row, b / 8), b, a);
    default: {
      const auto block = block_of<BlockQ6_K>(row, b / 8);
      for (int half = 0; half < 2; ++half) {
        const int s = static_cast<int>(b % 8) * 2 + half;
        std::int32_t part = 0;
        for (int i = 0; i < 16; ++i) part += (code_of(block, 16 * s + i) - 32) * a[16 * half + i];
        dot += block.sub_scales[s] * part;
      }
      return {dot, half_to_float(block.scale), false, 0.0f};
    }
  }
}

float law(std::int32_t format, const std::vector<std::uint8_t>& row, std::int64_t columns, const OwnedGroup& x, int m) {
  float out = 0.0f;
  for (std::int64_t b = 0; b < columns / 32; ++b) {
    const auto at = static_cast<std::size_t>(b * x.view.rows + m);
    std::int32_t a[32];
    for (std::size_t i = 0; i < 32; ++i) a[i] = x.code(at, i);
    const Contribution c = contribution(format, row, b, a);
    out = std::fma(static_cast<float>(c.dot), c.scale * x.scale[at], out);
    if (c.has_minimum) out = std::fma(c.minimum, x.sum[at], out);
  }
  return out;
}

// Activations of row m for a fill of the weights: extremes meet extremes, in both signs.
std::vector<float> activations(std::int64_t columns, Fill fill, int m, Dice& dice) {
  std::vector<float> x(static_cast<std::size_t>(columns));
  const float size = std::ldexp(1.0f, dice.below(9) - 4);
  for (std::size_t k = 0; k < x.size(); ++k) {
    switch (fill) {
      case Fill::kAllMost:
      case Fill::kAllLeast: x[k] = m % 2 == 0 ? size : -size; break;
      case Fill::kAlternating: x[k] = (k + static_cast<std::size_t>(m)) % 2 == 0 ? size : -size; break;
      case Fill::kDenormalScales: x[k] = dice.symmetric() * 0x1p-120f; break;
      default: x[k] = m == 3 ? 0.0f : dice.symmetric() * size; break;
    }
  }
  return x;
}

// Row m of `from`, m in [0, to.rows), into `to`.
void copy_rows(const OwnedGroup& from, std::int64_t columns, OwnedGroup& to) {
  for (std::int64_t b = 0; b < columns / 32; ++b) {
    for (int m = 0; m < to.view.rows; ++m) {
      const auto source = static_cast<std::size_t>(b * from.view.rows + m);
      const auto target = static_cast<std::size_t>(b * to.view.rows + m);
      const std::size_t bytes = row_bytes(from.planes);
      std::memcpy(to.q.data() + bytes * target, from.q.data() + bytes * source, bytes);
      to.scale[target] = from.scale[source];
      to.sum[target] = from.sum[source];
      to.negsum[target] = from.negsum[source];
    }
  }
}

void fill_group(OwnedGroup& group, std::int64_t columns, Fill fill, std::uint64_t seed) {
  Dice dice(seed);
  for (int m = 0; m < group.view.rows; ++m) {
    quantise_row(HR_TIER_SCALAR, group.planes)(activations(columns, fill, m, dice).data(), columns, group.view, m);
  }
}

// Runs a kernel between canaries and compares with rows first .. first + count - 1 of `expected`.
template <class Call>
bool same_as(const float* expected, int first, int count, const std::string& what, Call&& call) {
  const auto wanted = static_cast<std::size_t>(16 * count);
  auto out = aligned<float>(wanted + 2 * kCanaries);
  for (std::size_t i = 0; i < wanted + 2 * kCanaries; ++i) out[i] = kCanary;
  call(out.get() + kCanaries);
  bool good = true;
  for (std::size_t i = 0; i < kCanaries; ++i)
    good = good && out[i] == kCanary && out[kCanaries + wanted + i] == kCanary;
  if (!good) return fail(__FILE__, __LINE__, what + " wrote outside its results");
  for (std::size_t i = 0; i < wanted; ++i) {
    const float result = out[kCanaries + i];
    const float law_says = expected[static_cast<std::size_t>(16 * first) + i];
    if (!same_bits(result, law_says)) {
      return fail(__FILE__, __LINE__,
                  what + " row " + std::to_string(i / 16) + " lane " + std::to_string(i % 16) + ": " +
                      std::to_string(result) + " != " + std::to_string(law_says));
    }
  }
  return true;
}

std::string name_of(std::int32_t format, std::int32_t tier, std::int64_t columns, Fill fill, int count,
                    Planes planes = Planes::kOne) {
  return std::string(format_traits(format)->name) + " " + tier_name(tier) + " columns " + std::to_string(columns) +
         " fill " + std::to_string(static_cast<int>(fill)) + " count " + std::to_string(count) +
         " planes " + std::to_string(static_cast<int>(planes));
}

std::vector<std::int64_t> sizes(std::int32_t format) {
  if (format_traits(format)->block_weights == 256) return {256, 512, 768, 1536};
  return {32, 64, 96, 128, 576, 1536};
}

}  // namespace

TEST(the_scalar_product_is_the_law_over_the_files_blocks) {
  for (const std::int32_t format : kQuantisedFormats) {
    for (const std::int64_t columns : sizes(format)) {
      for (const Fill fill : kFills) {
        const Packed packed = packed_fill(format, columns, fill, 11);
        for (const Planes planes : kPlaneCounts) {
          OwnedGroup x(columns, 3, planes);
          fill_group(x, columns, fill, 12);
          alignas(64) float out[48];
          quantised_tile(HR_TIER_SCALAR, format, 3, planes)(packed.tile.get(), columns, x.view, 0, out);
          for (std::size_t i = 0; i < 48; ++i) {
            if (!CHECK_BITS(out[i], law(format, packed.rows[i % 16], columns, x, static_cast<int>(i / 16)))) return;
          }
        }
      }
    }
  }
}

TEST(every_tier_and_row_count_gives_the_bits_of_the_scalar_product) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (!tier_runs_here(tier, "quantised products")) continue;
    for (const std::int32_t format : kQuantisedFormats) {
      for (const std::int64_t columns : sizes(format)) {
        for (const Fill fill : kFills) {
          const Packed packed = packed_fill(format, columns, fill, static_cast<std::uint64_t>(columns + format));
          for (const Planes planes : kPlaneCounts) {
            OwnedGroup all(columns, 16, planes);
            fill_group(all, columns, fill, static_cast<std::uint64_t>(columns));
            auto expected = aligned<float>(256);
            quantised_tile(HR_TIER_SCALAR, format, 16, planes)(packed.tile.get(), columns, all.view, 0, expected.get());
            for (int count = 1; count <= 16; ++count) {
              if (tier == HR_TIER_SCALAR && count % 5 != 1) continue;      // one code for every count
              OwnedGroup x(columns, count < 14 ? count + 2 : 16, planes);  // room before and behind, or none
              copy_rows(all, columns, x);
              const int first = x.view.rows - count < 1 ? 0 : count % 3 == 0 ? x.view.rows - count : 1;
              const std::string name = name_of(format, tier, columns, fill, count, planes);
              const bool good = same_as(expected.get(), first, count, name, [&](float* out) {
                quantised_tile(tier, format, count, planes)(packed.tile.get(), columns, x.view, first, out);
              });
              if (!good) break;
            }
          }
        }
      }
    }
  }
}

TEST(two_tiles_at_once_have_the_bits_of_two_tiles) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (quantised_pair(tier, HR_Q4_1, 1) == nullptr) continue;
    if (!tier_runs_here(tier, "products of two tiles")) continue;
    for (const std::int32_t format : kQuantisedFormats) {
      if (quantised_pair(tier, format, 1) == nullptr) continue;
      for (const std::int64_t columns : sizes(format)) {
        for (const Fill fill : kFills) {
          const std::size_t bytes = format_traits(format)->tile_bytes(columns);
          auto tiles = aligned<std::uint8_t>(2 * bytes);
          for (std::uint64_t t = 0; t < 2; ++t) {
            std::memcpy(tiles.get() + t * bytes, packed_fill(format, columns, fill, 20 + t).tile.get(), bytes);
          }
          for (const Planes planes : kPlaneCounts) {
            OwnedGroup x(columns, 16, planes);
            fill_group(x, columns, fill, static_cast<std::uint64_t>(columns));
            for (int count = 1; count <= 16; ++count) {
              const int first = (16 - count) / 2;
              const auto results = static_cast<std::size_t>(16 * count);
              auto expected = aligned<float>(2 * results);
              for (std::size_t t = 0; t < 2; ++t) {
                quantised_tile(HR_TIER_SCALAR, format, count, planes)(tiles.get() + t * bytes, columns, x.view, first,
                                                                      expected.get() + t * results);
              }
              const std::string name = "pair " + name_of(format, tier, columns, fill, count, planes);
              const bool good = same_as(expected.get(), 0, 2 * count, name, [&](float* out) {
                quantised_pair(tier, format, count, planes)(tiles.get(), columns, x.view, first, out);
              });
              if (!good) break;
            }
          }
        }
      }
    }
  }
}

// Groups of every size, several at once, over stretches that fill and stretches that do not.
TEST(wide_products_have_the_bits_of_single_tiles) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (quantised_wide(tier, HR_Q4_1) == nullptr) continue;
    if (!tier_runs_here(tier, "wide products")) continue;
    for (const std::int32_t format : kQuantisedFormats) {
      if (quantised_wide(tier, format) == nullptr) continue;
      std::vector<std::int64_t> widths = sizes(format);
      if (format_traits(format)->block_weights == 32) widths.push_back(19 * 32);  // stretches of 9 and 10 blocks
      for (const std::int64_t columns : widths) {
        for (const Fill fill : kFills) {
          const std::size_t bytes = format_traits(format)->tile_bytes(columns);
          auto tiles = aligned<std::uint8_t>(2 * bytes);
          for (std::uint64_t t = 0; t < 2; ++t) {
            std::memcpy(tiles.get() + t * bytes, packed_fill(format, columns, fill, 20 + t).tile.get(), bytes);
          }
          for (const int last : {1, 2, 3, 4, 5, 6, 7, 11, 13, 16}) {
            const int rows[] = {16, last};
            std::vector<std::unique_ptr<OwnedGroup>> owned;
            std::vector<QuantisedGroup> groups;
            auto expected = aligned<float>(2 * static_cast<std::size_t>(kWideGroup));
            for (int g = 0; g < 2; ++g) {
              owned.push_back(std::make_unique<OwnedGroup>(columns, rows[g]));
              fill_group(*owned.back(), columns, fill, static_cast<std::uint64_t>(columns + g));
              groups.push_back(owned.back()->view);
              for (int t = 0; t < 2; ++t) {
                quantised_tile(HR_TIER_SCALAR, format, rows[g])(tiles.get() + static_cast<std::size_t>(t) * bytes, columns,
                                                                groups.back(), 0,
                                                                expected.get() + g * kWideGroup + 16 * t * rows[g]);
              }
            }
            const std::string name = "wide " + name_of(format, tier, columns, fill, last);
            const bool good = same_as(expected.get(), 0, 32 + 2 * last, name, [&](float* out) {
              quantised_wide(tier, format)(tiles.get(), columns, groups.data(), 2, out);
            });
            if (!good) break;
          }
        }
      }
    }
  }
}

// With one plane 16,646,144 = 2^24 - 131,072 is the largest integer a product takes through binary32. With two it is
// Q6_K's 2,130,706,432, just below 2^31, and converting rounds once.
TEST(the_largest_dot_of_every_format_is_exact) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (!tier_runs_here(tier, "largest dots")) continue;
    for (const std::int32_t format : kQuantisedFormats) {
      const std::int64_t columns = format_traits(format)->block_weights;
      for (const Fill fill : {Fill::kAllMost, Fill::kAllLeast}) {
        std::vector<std::uint8_t> row = file_row(format, columns, fill, 1);
        const std::uint16_t one = 0x3C00;
        const std::uint16_t none = 0;
        const HalfFields at = half_fields(format);
        std::memcpy(row.data() + at.scale, &one, 2);
        if (at.minimum >= 0) std::memcpy(row.data() + at.minimum, &none, 2);
        const Packed packed = pack(format, columns, std::vector<std::vector<std::uint8_t>>(16, row));
        int code = fill == Fill::kAllMost ? 15 : 0;
        if (format == HR_Q4_0) code -= 8;
        if (format == HR_Q5_0) code = fill == Fill::kAllMost ? 15 : -16;
        if (format == HR_Q5_1) code = fill == Fill::kAllMost ? 31 : 0;
        if (format == HR_Q8_0) code = fill == Fill::kAllMost ? 127 : -128;
        if (format == HR_Q4_K) code *= 63;
        if (format == HR_Q5_K) code = fill == Fill::kAllMost ? 31 * 63 : 0;
        if (format == HR_Q6_K) code = (fill == Fill::kAllMost ? 31 : -32) * -128;
        for (const Planes planes : kPlaneCounts) {
          const int levels = planes == Planes::kTwo ? 127 * 128 : 127;
          OwnedGroup x(columns, 2, planes);
          const std::vector<float> high(static_cast<std::size_t>(columns), static_cast<float>(levels));
          const std::vector<float> low(static_cast<std::size_t>(columns), static_cast<float>(-levels));
          quantise_row(tier, planes)(high.data(), columns, x.view, 0);
          quantise_row(tier, planes)(low.data(), columns, x.view, 1);
          alignas(64) float out[32];
          quantised_tile(tier, format, 2, planes)(packed.tile.get(), columns, x.view, 0, out);
          const float block = static_cast<float>(code * levels * 32);
          float sum = 0.0f;
          for (std::int64_t b = 0; b < columns / 32; ++b) sum = sum + block;
          for (int n = 0; n < 16; ++n) {
            CHECK_BITS(out[n], sum);
            CHECK(out[16 + n] == -out[n]);
          }
        }
      }
    }
  }
}

// An integer dot of zero is +0 whatever the signs of its factors. It shows only when the sum so far is -0, which a
// minimum too small for binary32 leaves behind.
TEST(a_sub_scale_of_zero_does_not_turn_a_zero_negative) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (!tier_runs_here(tier, "signed zeros")) continue;
    for (const std::int32_t format : {HR_Q4_K, HR_Q5_K}) {
      std::vector<std::uint8_t> row(static_cast<std::size_t>(format_traits(format)->block_bytes), 0);
      row[1] = 0x3C;       // scale 1
      row[2] = 0x01;       // minimum 2^-24
      row[4 + 10] = 0x10;  // times 1 in sub-block 6; every other sub-scale and sub-minimum is 0
      const std::size_t nibbles = row.size() - 128;
      row[nibbles + 96] = 0xF0;  // sub-block 7, input 0: code 15
      std::vector<float> x(256, 0.0f);
      x[192] = 0x1p-126f;
      for (std::size_t k = 224; k < 256; ++k)
        x[k] = k == 224 ? -1.0f : 1.0f;  // dot before the sub-scale: -15 x 127; sum positive
      for (const Planes planes : kPlaneCounts) {
        OwnedGroup group(256, 1, planes);
        quantise_row(tier, planes)(x.data(), 256, group.view, 0);
        CHECK(group.sum[6] > 0.0f && group.sum[6] < 0x1p-127f);
        CHECK(group.sum[7] > 0.0f);
        const Packed packed = pack(format, 256, std::vector<std::vector<std::uint8_t>>(16, row));
        alignas(64) float out[16];
        quantised_tile(tier, format, 1, planes)(packed.tile.get(), 256, group.view, 0, out);
        CHECK_BITS(law(format, row, 256, group, 0), 0.0f);
        for (const float value : out) CHECK_BITS(value, 0.0f);
      }
    }
  }
}

TEST(a_row_that_is_not_finite_spoils_itself_and_no_other) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (!tier_runs_here(tier, "rows of NaN")) continue;
    for (const std::int32_t format : kQuantisedFormats) {
      const std::int64_t columns = 512;
      const Packed packed = packed_fill(format, columns, Fill::kRandom, 3);
      for (const Planes planes : kPlaneCounts) {
        OwnedGroup x(columns, 5, planes);
        fill_group(x, columns, Fill::kRandom, 4);
        alignas(64) float before[80];
        alignas(64) float after[80];
        quantised_tile(tier, format, 5, planes)(packed.tile.get(), columns, x.view, 0, before);
        Dice dice(9);
        std::vector<float> bad = activations(columns, Fill::kRandom, 0, dice);
        bad[300] = NAN;
        quantise_row(tier, planes)(bad.data(), columns, x.view, 2);
        quantised_tile(tier, format, 5, planes)(packed.tile.get(), columns, x.view, 0, after);
        for (int i = 0; i < 80; ++i) {
          if (i / 16 == 2) {
            CHECK(std::isnan(after[i]));
          } else {
            CHECK_BITS(after[i], before[i]);
          }
        }
      }
    }
  }
}

TEST(every_tier_and_row_count_gives_the_four_chains_of_the_float_law) {
  for (const std::int32_t tier : {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI}) {
    if (!tier_runs_here(tier, "float products")) continue;
    for (const std::int32_t format : kFloatFormats) {
      const FormatTraits& traits = *format_traits(format);
      for (const std::int64_t columns : {1, 2, 3, 4, 5, 31, 32, 128, 576}) {
        for (const float size : {1.0f, 0x1p-75f, 0.0f}) {
          Dice dice(static_cast<std::uint64_t>(columns));
          std::vector<std::vector<std::uint8_t>> rows(16);
          for (auto& row : rows) {
            row.resize(static_cast<std::size_t>(columns * traits.block_bytes));
            for (std::int64_t k = 0; k < columns; ++k) {
              const float value = dice.symmetric() * size;
              const std::uint16_t half = format == HR_F16 ? float_to_half(value) : float_to_bfloat16(value);
              if (format == HR_F32) std::memcpy(row.data() + 4 * k, &value, 4);
              if (format != HR_F32) std::memcpy(row.data() + 2 * k, &half, 2);
            }
          }
          const Packed packed = pack(format, columns, rows);
          const std::int64_t stride = columns + 3;
          std::vector<float> x(static_cast<std::size_t>(15 * stride + columns));
          for (float& value : x) value = dice.symmetric() * size;
          auto expected = aligned<float>(256);
          std::vector<float> w(static_cast<std::size_t>(columns));
          for (int n = 0; n < 16; ++n) {
            traits.decode_row(packed.tile.get(), columns, n, w.data());
            for (int m = 0; m < 16; ++m) {
              float chain[4] = {};
              for (std::int64_t k = 0; k < columns; ++k) {
                chain[k % 4] =
                    std::fma(w[static_cast<std::size_t>(k)], x[static_cast<std::size_t>(m * stride + k)], chain[k % 4]);
              }
              expected[static_cast<std::size_t>(16 * m + n)] = (chain[0] + chain[1]) + (chain[2] + chain[3]);
            }
          }
          for (int count = 1; count <= 16; ++count) {
            const int first = 16 - count;
            const bool good = same_as(
                expected.get(), first, count, name_of(format, tier, columns, Fill::kRandom, count), [&](float* out) {
                  float_tile(tier, format, count)(packed.tile.get(), columns, FloatGroup{x.data(), stride}, first, out);
                });
            if (!good) break;
          }
        }
      }
    }
  }
}

TEST(there_is_a_kernel_for_every_count_and_none_for_the_wrong_kind) {
  for (std::int32_t tier = HR_TIER_SCALAR; tier < kTiers; ++tier) {
    for (int count = 1; count <= 16; ++count) {
      for (const std::int32_t format : kQuantisedFormats) {
        for (const Planes planes : kPlaneCounts) CHECK(quantised_tile(tier, format, count, planes) != nullptr);
        CHECK(float_tile(tier, format, count) == nullptr);
      }
      for (const std::int32_t format : kFloatFormats) {
        for (const Planes planes : kPlaneCounts) CHECK(quantised_tile(tier, format, count, planes) == nullptr);
        CHECK(float_tile(tier, format, count) != nullptr);
      }
    }
    CHECK(quantised_tile(tier, HR_Q4_1, 0) == nullptr);
    CHECK(quantised_tile(tier, HR_Q4_1, 17) == nullptr);
    CHECK(quantised_pair(tier, HR_Q4_1, 17) == nullptr);
    CHECK(quantised_pair(tier, HR_F32, 1) == nullptr);
    CHECK(quantised_wide(tier, HR_F32) == nullptr);
    CHECK(float_tile(tier, HR_F32, 17) == nullptr);
  }
  CHECK(quantised_tile(7, HR_Q4_1, 1) == nullptr);
}

}  // namespace headrace::test
