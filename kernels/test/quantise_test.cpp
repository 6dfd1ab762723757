// The quantisers of activations: the law of kernels.h, at its edges, on every tier.
#include "cpu/quantise/quantise.h"

#include <algorithm>
#include <cstring>
#include <cfloat>
#include <cmath>

#include "headrace/kernels.h"
#include "test/file_rows.h"

namespace headrace::test {
namespace {

constexpr std::int32_t kTierList[] = {HR_TIER_SCALAR, HR_TIER_AVX2, HR_TIER_AVX512_VNNI};

// One block by the words of the law.
struct Expected {
  std::int32_t a[32];
  float scale;
  float sum;
  std::int32_t negsum;
};

Expected law(const float* x, Planes planes) {
  const float levels = planes == Planes::kTwo ? 16256.0f : 127.0f;
  Expected e{};
  float most = 0.0f;
  for (int i = 0; i < 32; ++i) {
    if (!std::isfinite(x[i])) return {{}, NAN, NAN, 0};
    most = std::fmax(most, std::fabs(x[i]));
  }
  float inverse = 0.0f;
  if (most > 0.0f) inverse = levels / most;
  if (inverse > FLT_MAX) inverse = FLT_MAX;
  std::int32_t sum = 0;
  for (int i = 0; i < 32; ++i) {
    e.a[i] = static_cast<std::int32_t>(std::rint(x[i] * inverse));
    sum += e.a[i];
  }
  e.scale = most / levels;
  e.sum = e.scale * static_cast<float>(sum);
  e.negsum = -sum;
  return e;
}

bool check_block(const OwnedGroup& group, std::int64_t block, int row, const float* x, const char* how) {
  const Expected e = law(x, group.planes);
  const auto at = static_cast<std::size_t>(block * group.view.rows + row);
  bool codes = true;
  for (std::size_t i = 0; i < 32; ++i) codes = codes && group.code(at, i) == e.a[i];
  const bool rest =
      same_bits(group.scale[at], e.scale) && same_bits(group.sum[at], e.sum) && group.negsum[at] == e.negsum;
  if (codes && rest) return true;
  return fail(__FILE__, __LINE__,
              std::string(how) + ": block " + std::to_string(block) + " of " + std::to_string(row) +
                  (codes ? " scale or sums" : " codes") + " differ from the law");
}

// x as one row of groups of 1, 3 and 16 rows, at once and block by block; what belongs to other rows stays.
void check_row(std::int32_t tier, const std::vector<float>& x) {
  const auto columns = static_cast<std::int64_t>(x.size());
  for (const Planes planes : kPlaneCounts) {
    const std::size_t bytes = row_bytes(planes);
    for (const int rows : {1, 3, 16}) {
      const int row = rows / 2;
      for (const bool by_block : {false, true}) {
        OwnedGroup group(columns, rows, planes);
        for (auto& q : group.q) q = 99;
        for (auto& n : group.negsum) n = 12345;
        if (by_block) {
          for (std::int64_t b = 0; b < columns / 32; ++b)
            quantise_block(tier, planes)(x.data() + 32 * b, group.view, b, row);
        } else {
          quantise_row(tier, planes)(x.data(), columns, group.view, row);
        }
        for (std::int64_t b = 0; b < columns / 32; ++b) {
          if (!check_block(group, b, row, x.data() + 32 * b, tier_name(tier))) return;
          for (int other = 0; other < rows; ++other) {
            const auto at = static_cast<std::size_t>(b * rows + other);
            const std::int8_t* const q = group.q.data() + bytes * at;
            if (other != row && !CHECK(group.negsum[at] == 12345 && q[0] == 99 && q[bytes - 1] == 99)) return;
          }
        }
      }
    }
  }
}

}  // namespace

TEST(every_tier_quantises_by_the_law) {
  for (const std::int32_t tier : kTierList) {
    if (!tier_runs_here(tier, "quantising")) continue;
    for (const std::size_t columns : {32u, 64u, 96u, 128u, 160u, 576u, 1536u}) {
      for (const int exponent : {-149, -140, -127, -126, -121, -60, 0, 60, 127}) {
        Dice dice(columns + static_cast<std::uint64_t>(exponent + 200));
        std::vector<float> x(columns);
        for (float& value : x) value = std::ldexp(dice.symmetric(), exponent);
        check_row(tier, x);
      }
    }
  }
}

TEST(rows_of_tiles_are_quantised_as_each_alone) {
  for (const std::int32_t tier : kTierList) {
    if (!tier_runs_here(tier, "quantising rows of tiles")) continue;
    for (const Planes planes : kPlaneCounts) {
      for (int rows = 1; rows <= 16; ++rows) {
        for (const int odd : {-1, 0, rows / 2, rows - 1}) {  // a row that is not finite
          Dice dice(static_cast<std::uint64_t>(100 * rows + odd));
          std::vector<float> low(static_cast<std::size_t>(16 * rows)), high(low.size());
          for (std::size_t i = 0; i < low.size(); ++i) {
            low[i] = i / 16 == 2 ? 0.0f : dice.symmetric();
            high[i] = i / 16 == 2 ? 0.0f : dice.symmetric() * 0x1p-9f;
          }
          if (odd >= 0) high[static_cast<std::size_t>(16 * odd + 5)] = INFINITY;
          OwnedGroup alone(64, rows, planes), together(64, rows, planes);
          for (int row = 0; row < rows; ++row) {
            float x[32];
            std::copy_n(low.data() + 16 * row, 16, x);
            std::copy_n(high.data() + 16 * row, 16, x + 16);
            quantise_block(HR_TIER_SCALAR, planes)(x, alone.view, 1, row);
          }
          quantise_tiles(tier, planes)(low.data(), high.data(), together.view, 1, rows);
          const auto bytes_equal = [](const auto& a, const auto& b) {
            return std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
          };
          if (!CHECK(bytes_equal(alone.q, together.q) && bytes_equal(alone.scale, together.scale) &&
                     bytes_equal(alone.sum, together.sum) && bytes_equal(alone.negsum, together.negsum)))
            return;
        }
      }
    }
  }
}

TEST(halves_round_to_the_even_code) {
  for (const std::int32_t tier : kTierList) {
    if (!tier_runs_here(tier, "quantising")) continue;
    std::vector<float> x(128);
    for (int i = 0; i < 128; ++i) x[static_cast<std::size_t>(i)] = static_cast<float>(i) - 0.5f;
    for (std::size_t b = 0; b < 4; ++b) x[32 * b] = 127.0f;  // scale and inverse are 1
    check_row(tier, x);
    OwnedGroup group(128, 1);
    quantise_row(tier)(x.data(), 128, group.view, 0);
    CHECK_EQ(group.q[1], 0);  // 0.5
    CHECK_EQ(group.q[2], 2);  // 1.5
    CHECK_EQ(group.q[3], 2);  // 2.5
    CHECK_EQ(group.q[0], 127);
  }
}

// Every integer that a row can hold, beside one that fixes the scale at 1: no plane leaves its range.
TEST(two_planes_hold_every_integer_of_their_range) {
  for (const std::int32_t tier : kTierList) {
    if (!tier_runs_here(tier, "planes")) continue;
    for (std::int32_t from = -16256; from <= 16256; from += 124) {
      std::vector<float> x(128);
      for (std::int32_t i = 0; i < 128; ++i) {
        const std::int32_t a = i % 32 == 0 ? 16256 : std::min(16256, from + i / 32 * 31 + i % 32 - 1);
        x[static_cast<std::size_t>(i)] = static_cast<float>(a);
      }
      check_row(tier, x);
      OwnedGroup group(128, 1, Planes::kTwo);
      quantise_row(tier, Planes::kTwo)(x.data(), 128, group.view, 0);
      for (std::size_t i = 0; i < 128; ++i) {
        CHECK_EQ(group.code(i / 32, i % 32), static_cast<std::int32_t>(x[i]));
        const std::int8_t* const planes = group.q.data() + 64 * (i / 32);
        CHECK(planes[i % 32] >= -127 && planes[32 + i % 32] >= -64 && planes[32 + i % 32] <= 63);
      }
    }
  }
}

TEST(zeros_have_scale_zero_and_the_extremes_keep_to_127) {
  for (const std::int32_t tier : kTierList) {
    if (!tier_runs_here(tier, "quantising")) continue;
    std::vector<float> x(160, 0.0f);
    check_row(tier, x);
    for (float& value : x) value = -0.0f;
    check_row(tier, x);
    x[37] = 1.0f;  // one value in one block
    check_row(tier, x);
    for (const float most : {FLT_MAX, 1.0f, 3.3e-37f, FLT_MIN, 1e-45f}) {
      for (std::size_t k = 0; k < x.size(); ++k) x[k] = k % 3 == 0 ? -most : most;
      check_row(tier, x);
      for (const Planes planes : kPlaneCounts) {
        OwnedGroup group(160, 1, planes);
        quantise_row(tier, planes)(x.data(), 160, group.view, 0);
        for (const std::int8_t q : group.q) CHECK(q >= -127);
      }
    }
  }
}

TEST(a_block_that_is_not_finite_has_scale_nan_and_no_codes) {
  for (const std::int32_t tier : kTierList) {
    if (!tier_runs_here(tier, "quantising")) continue;
    for (const float bad : {NAN, -NAN, INFINITY, -INFINITY}) {
      for (std::size_t k = 0; k < 160; k += 7) {
        Dice dice(k);
        std::vector<float> x(160);
        for (float& value : x) value = dice.symmetric();
        x[k] = bad;
        check_row(tier, x);
        for (const Planes planes : kPlaneCounts) {
          OwnedGroup group(160, 1, planes);
          quantise_row(tier, planes)(x.data(), 160, group.view, 0);
          CHECK_EQ(bits_of(group.scale[k / 32]), 0x7FC00000u);
          CHECK_EQ(bits_of(group.sum[k / 32]), 0x7FC00000u);
        }
      }
    }
  }
}

}  // namespace headrace::test
