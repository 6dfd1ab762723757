// What the formats mean, and that a packed tile still means it.
#include <cmath>

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
#include "test/file_rows.h"

namespace headrace::test {
namespace {

template <class Block>
std::vector<float> decoded(const std::vector<std::uint8_t>& row) {
  std::vector<float> out(row.size() / sizeof(Block) * Block::kWeights);
  for (std::size_t b = 0; b < row.size() / sizeof(Block); ++b) {
    Block block;
    std::memcpy(&block, row.data() + b * sizeof block, sizeof block);
    decode_reference(block, out.data() + b * Block::kWeights);
  }
  return out;
}

std::vector<float> decoded(std::int32_t format, const std::vector<std::uint8_t>& row) {
  switch (format) {
    case HR_F32: return decoded<BlockF32>(row);
    case HR_F16: return decoded<BlockF16>(row);
    case HR_BF16: return decoded<BlockBF16>(row);
    case HR_Q4_0: return decoded<BlockQ4_0>(row);
    case HR_Q4_1: return decoded<BlockQ4_1>(row);
    case HR_Q5_0: return decoded<BlockQ5_0>(row);
    case HR_Q5_1: return decoded<BlockQ5_1>(row);
    case HR_Q8_0: return decoded<BlockQ8_0>(row);
    case HR_Q4_K: return decoded<BlockQ4_K>(row);
    case HR_Q5_K: return decoded<BlockQ5_K>(row);
    case HR_Q6_K: return decoded<BlockQ6_K>(row);
    default: return {};
  }
}

void check_rows(std::int32_t format, std::int64_t columns, const Packed& packed) {
  const FormatTraits& traits = *format_traits(format);
  std::vector<float> out(static_cast<std::size_t>(columns) + 1, 77.0f);
  for (int n = 0; n < 16; ++n) {
    traits.decode_row(packed.tile.get(), columns, n, out.data());
    CHECK_BITS(out.back(), 77.0f);
    const bool present = static_cast<std::size_t>(n) < packed.rows.size();
    const std::vector<float> expected =
        present ? decoded(format, packed.rows[static_cast<std::size_t>(n)]) : std::vector<float>(out.size() - 1, 0.0f);
    for (std::size_t k = 0; k + 1 < out.size(); ++k) {
      if (!(present ? CHECK_BITS(out[k], expected[k]) : CHECK(out[k] == 0.0f))) return;
    }
  }
}

// The largest |decoded - input| of one encoded block, in steps of the block's scale.
template <class Block>
float worst_in_steps(const float in[32], float scale) {
  Block block;
  encode_reference(in, block);
  float out[32];
  decode_reference(block, out);
  float worst = 0.0f;
  for (int i = 0; i < 32; ++i) worst = std::fmax(worst, std::fabs(out[i] - in[i]) / scale);
  return worst;
}

}  // namespace

TEST(every_half_widens_to_its_value_and_back) {
  for (std::uint32_t h = 0; h < 0x10000; ++h) {
    const auto half = static_cast<std::uint16_t>(h);
    const float value = half_to_float(half);
    const int exponent = (half >> 10) & 31;
    const int fraction = half & 0x3FF;
    if (exponent == 31) {
      CHECK(fraction == 0 ? std::isinf(value) : std::isnan(value));
      if (fraction != 0) continue;
    } else {
      const double magnitude = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      CHECK_BITS(value, static_cast<float>((half & 0x8000) != 0 ? -magnitude : magnitude));
    }
    CHECK_EQ(float_to_half(value), half);
  }
}

TEST(halves_round_to_the_nearest_and_ties_to_the_even) {
  for (std::uint32_t h = 0; h < 0x7BFF; ++h) {
    const float low = half_to_float(static_cast<std::uint16_t>(h));
    const float high = half_to_float(static_cast<std::uint16_t>(h + 1));
    const float middle = low + (high - low) / 2;
    CHECK_EQ(std::uint32_t{float_to_half(middle)}, (h + 1) / 2 * 2);
    CHECK_EQ(std::uint32_t{float_to_half(std::nextafter(middle, 0.0f))}, h);
    CHECK_EQ(std::uint32_t{float_to_half(std::nextafter(middle, 1e9f))}, h + 1);
  }
  CHECK_EQ(float_to_half(65519.0f), 0x7BFF);
  CHECK_EQ(float_to_half(65520.0f), 0x7C00);
  CHECK_EQ(float_to_half(-1e30f), 0xFC00);
}

TEST(bfloat16_rounds_to_the_nearest_and_ties_to_the_even) {
  CHECK_EQ(float_to_bfloat16(1.0f), 0x3F80);
  CHECK_EQ(float_to_bfloat16(float_from_bits(0x3F808000u)), 0x3F80);
  CHECK_EQ(float_to_bfloat16(float_from_bits(0x3F818000u)), 0x3F82);
  CHECK_EQ(float_to_bfloat16(float_from_bits(0x3F808001u)), 0x3F81);
  CHECK(std::isnan(bfloat16_to_float(float_to_bfloat16(float_from_bits(0x7F800001u)))));
  CHECK_BITS(bfloat16_to_float(0xC049), -3.140625f);
}

// Blocks written by hand from the format's description; 0x3C00 is 1, 0x4000 is 2, 0xC000 is -2.
TEST(hand_written_blocks_mean_what_their_formats_say) {
  float out[256];
  BlockQ4_0 q4_0{0x4000, {0xF0, 0x29}};
  decode_reference(q4_0, out);
  CHECK_BITS(out[0], -16.0f);
  CHECK_BITS(out[16], 14.0f);
  CHECK_BITS(out[1], 2.0f);
  CHECK_BITS(out[17], -12.0f);

  BlockQ4_1 q4_1{0x4000, 0x3C00, {0xF3}};
  decode_reference(q4_1, out);
  CHECK_BITS(out[0], 7.0f);
  CHECK_BITS(out[16], 31.0f);

  BlockQ5_0 q5_0{0x3C00, {0x02, 0, 0x01, 0}, {0x5A, 0x00}};
  decode_reference(q5_0, out);
  CHECK_BITS(out[0], -6.0f);  // 10 - 16
  CHECK_BITS(out[1], 0.0f);   // 16 - 16
  CHECK_BITS(out[16], 5.0f);  // 5 + 16 - 16
  CHECK_BITS(out[17], -16.0f);

  BlockQ5_1 q5_1{0x3C00, 0xC000, {0x01, 0, 0, 0x80}, {0x0F}};
  q5_1.nibbles[15] = 0x70;
  decode_reference(q5_1, out);
  CHECK_BITS(out[0], 29.0f);   // 15 + 16 - 2
  CHECK_BITS(out[31], 21.0f);  // 7 + 16 - 2
  CHECK_BITS(out[15], -2.0f);

  BlockQ8_0 q8_0{0xC000, {-128, 127, 1}};
  decode_reference(q8_0, out);
  CHECK_BITS(out[0], 256.0f);
  CHECK_BITS(out[1], -254.0f);
  CHECK_BITS(out[2], -2.0f);

  // Sub-scales: 0 has (5, 9); 4 has (0x2A, 0x37), their low nibbles in byte 8, their upper bits in bytes 0 and 4.
  BlockQ4_K q4_k{};
  q4_k.scale = 0x3C00;
  q4_k.minimum = 0x4000;
  q4_k.sub_scales[0] = 5 | (2 << 6);
  q4_k.sub_scales[4] = 9 | (3 << 6);
  q4_k.sub_scales[8] = 0x7A;
  q4_k.nibbles[3] = 0x0B;           // sub-block 0, weight 3
  q4_k.nibbles[2 * 32] = 0x03;      // sub-block 4, weight 0
  q4_k.nibbles[2 * 32 + 1] = 0xF0;  // sub-block 5, weight 1: scale 0
  decode_reference(q4_k, out);
  CHECK_BITS(out[3], 5.0f * 11.0f - 18.0f);
  CHECK_BITS(out[0], -18.0f);
  CHECK_BITS(out[128], 42.0f * 3.0f - 110.0f);
  CHECK_BITS(out[161], 0.0f);

  BlockQ5_K q5_k{};
  q5_k.scale = 0x3C00;
  q5_k.sub_scales[3] = 7;
  q5_k.nibbles[1 * 32 + 30] = 0x90;  // sub-block 3, weight 30
  q5_k.fifth[30] = 1 << 3;
  decode_reference(q5_k, out);
  CHECK_BITS(out[3 * 32 + 30], 7.0f * 25.0f);

  BlockQ6_K q6_k{};
  q6_k.scale = 0x3C00;
  q6_k.sub_scales[0] = -2;
  q6_k.sub_scales[11] = 3;  // weights 176..191: second half, k = 1, l = 16..31
  q6_k.nibbles[0] = 0x05;
  q6_k.upper[0] = 3;                  // weight 0: 53
  q6_k.nibbles[64 + 32 + 20] = 0x0C;  // weight 128 + 32 + 20
  q6_k.upper[32 + 20] = 1 << 2;       // 28
  decode_reference(q6_k, out);
  CHECK_BITS(out[0], -42.0f);
  CHECK_BITS(out[180], -12.0f);
}

TEST(encoders_stay_within_half_a_step_of_their_input) {
  Dice dice(5);
  for (int round = 0; round < 200; ++round) {
    float in[32];
    for (float& x : in) x = dice.symmetric();
    const Bounds range = bounds(in);
    const float most = std::fabs(signed_extreme(in));
    // Half a step, a whole one at the end that the signed formats cut off, and the rounding of scale and minimum to
    // binary16.
    CHECK(worst_in_steps<BlockQ4_0>(in, most / 8) <= 1.02f);
    CHECK(worst_in_steps<BlockQ5_0>(in, most / 16) <= 1.02f);
    CHECK(worst_in_steps<BlockQ4_1>(in, (range.greatest - range.least) / 15) <= 0.52f);
    CHECK(worst_in_steps<BlockQ5_1>(in, (range.greatest - range.least) / 31) <= 0.54f);
    CHECK(worst_in_steps<BlockQ8_0>(in, most / 127) <= 0.57f);
  }
}

TEST(a_tile_is_a_whole_number_of_lines_and_about_as_large_as_the_file) {
  for (const std::int32_t format : kQuantisedFormats) {
    const FormatTraits& traits = *format_traits(format);
    for (const std::int64_t blocks : {1, 2, 3, 4, 18, 48}) {
      const std::int64_t columns = blocks * traits.block_weights;
      const auto bytes = static_cast<std::int64_t>(traits.tile_bytes(columns));
      const std::int64_t file = 16 * blocks * traits.block_bytes;
      CHECK_EQ(bytes % 64, 0);
      CHECK(bytes >= file);
      if (blocks % 2 == 0) CHECK(bytes * 100 <= file * 103);
    }
  }
  CHECK_EQ(format_traits(HR_Q4_1)->tile_bytes(576), std::size_t{18 * 320});
  CHECK_EQ(format_traits(HR_Q4_0)->tile_bytes(32), std::size_t{576});
  CHECK_EQ(format_traits(HR_Q8_0)->tile_bytes(128), std::size_t{2 * 1088});
  CHECK_EQ(format_traits(HR_F16)->tile_bytes(3), std::size_t{128});
}

TEST(formats_nobody_knows_have_no_traits) {
  for (const std::int32_t format : {-1, 4, 5, 9, 10, 11, 15, 29, 31, 1000}) CHECK(format_traits(format) == nullptr);
}

TEST(a_packed_tile_reads_back_as_the_file) {
  for (const std::int32_t format : kQuantisedFormats) {
    for (const std::int64_t blocks : {1, 2, 3, 4, 18}) {
      for (const Fill fill : kFills) {
        const std::int64_t columns = blocks * format_traits(format)->block_weights;
        check_rows(format, columns, packed_fill(format, columns, fill, static_cast<std::uint64_t>(blocks)));
      }
    }
  }
}

TEST(packed_float_rows_keep_every_bit) {
  for (const std::int32_t format : kFloatFormats) {
    for (const std::int64_t columns : {1, 2, 3, 4, 5, 31, 64, 576}) {
      std::vector<std::vector<std::uint8_t>> rows(16);
      Dice dice(static_cast<std::uint64_t>(columns));
      for (auto& row : rows) {
        row.resize(static_cast<std::size_t>(columns * format_traits(format)->block_bytes));
        for (std::uint8_t& byte : row) byte = static_cast<std::uint8_t>(dice.bits());
      }
      check_rows(format, columns, pack(format, columns, rows));
    }
  }
}

TEST(missing_rows_of_a_tile_are_zeros) {
  for (const std::int32_t format : kQuantisedFormats) {
    const std::int64_t columns = 3 * format_traits(format)->block_weights;
    std::vector<std::vector<std::uint8_t>> rows;
    for (std::uint64_t n = 0; n < 5; ++n) rows.push_back(file_row(format, columns, Fill::kRandom, n));
    check_rows(format, columns, pack(format, columns, rows));
  }
}

}  // namespace headrace::test
