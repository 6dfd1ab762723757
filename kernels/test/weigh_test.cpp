// Weights of a draw: every tier against the plain loops, number by number.
#include <algorithm>
#include <cmath>

#include "abi/team.h"
#include "cpu/dispatch/row_kernels.h"
#include "cpu/weigh/reference.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

struct Row {
  std::vector<float> x;
  Weighing how;
};

// Rows of all shapes: peaked, flat, all alike, banned entries, values above the largest, no numbers.
Row any_row(long n, int round) {
  const float odd[] = {INFINITY, -INFINITY, __builtin_nanf(""), 3.4e38f, -3.4e38f, 0.0f, -0.0f, 1e-42f};
  Random random(static_cast<std::uint64_t>(n * 100 + round));
  const float scales[] = {0.0f, 0.01f, 4.0f, 60.0f, 3e38f};
  Row row{random_row(static_cast<std::size_t>(n), random.next(), scales[round % 5]), {}};
  for (int i = random.below(4); round % 3 == 0 && i > 0; --i)
    row.x[static_cast<std::size_t>(random.below(static_cast<int>(n)))] = odd[random.below(8)];
  float largest = -3.4028235e38f;
  for (const float x : row.x) largest = std::isfinite(x) && x > largest ? x : largest;
  const float inverses[] = {1.0f, 0.01f, 1.25f, 1e6f, 3.4028235e38f, 1e-40f};
  const float leasts[] = {0.0f, 1.0f, 0x1p30f, 0x1p40f, 0x1.08p40f, 3e9f};
  row.how = {round % 7 == 6 ? largest - 1.0f : largest, inverses[random.below(6)], leasts[random.below(6)]};
  return row;
}

}  // namespace

TEST(weights_and_nuclei_are_the_same_in_every_tier) {
  for (const long n : {1L, 2L, 15L, 16L, 17L, 63L, 64L, 65L, 127L, 129L, 1000L, 5003L}) {
    for (int round = 0; round < 84; ++round) {
      const Row row = any_row(n, round);
      const std::size_t spans = static_cast<std::size_t>(n + 63) / 64;
      std::vector<std::int64_t> law, sums(spans), nucleus_sums(spans);
      std::int64_t total = 0;
      for (std::size_t i = 0; i < row.x.size(); ++i) {
        law.push_back(reference::weight(row.x[i], row.how.largest, row.how.inverse, row.how.least));
        CHECK(law[i] >= 0 && law[i] <= std::int64_t{1} << 40);
        sums[i / 64] += law[i];
        total += law[i];
      }
      const double share = std::fabs(Random(static_cast<std::uint64_t>(n * 77 + round)).real());
      const std::int64_t needed = std::max<std::int64_t>(1, static_cast<std::int64_t>(share * static_cast<double>(total)));
      std::vector<std::int32_t> nucleus;
      if (total > 0) nucleus = reference::nucleus(law, round % 4 == 0 ? total : needed);
      std::int64_t mass = 0;
      for (const std::int32_t i : nucleus) {
        nucleus_sums[static_cast<std::size_t>(i) / 64] += law[static_cast<std::size_t>(i)];
        mass += law[static_cast<std::size_t>(i)];
      }
      for (const std::int32_t tier : tiers()) {
        std::vector<std::int64_t> s(spans + 1, 77);
        std::vector<float> w(row.x.size() + 1, 77.0f);
        std::vector<std::int32_t> ids(row.x.size() + 1, 77);
        row_kernels(tier).weigh(row.x.data(), n, row.how, w.data(), s.data());
        for (std::size_t i = 0; i < row.x.size(); ++i) {
          if (!CHECK_EQ(static_cast<std::int64_t>(w[i]), law[i])) return;
        }
        for (std::size_t i = 0; i < spans; ++i) {
          if (!CHECK_EQ(s[i], sums[i])) return;
        }
        CHECK_BITS(w.back(), 77.0f);
        if (total > 0) {
          const Nucleus cut =
              row_kernels(tier).cut_nucleus(w.data(), n, total, round % 4 == 0 ? total : needed, s.data(), ids.data());
          const std::size_t last = static_cast<std::size_t>(nucleus.back());
          if (!CHECK_EQ(cut.last, nucleus.back()) || !CHECK_EQ(static_cast<std::int64_t>(cut.least), law[last])) return;
          CHECK_EQ(cut.mass, mass);
          for (std::size_t i = 0; i < spans; ++i) {
            if (!CHECK_EQ(s[i], nucleus_sums[i])) return;
          }
        }
        CHECK_EQ(s.back(), 77);
        CHECK_EQ(ids.back(), 77);
      }
    }
  }
}

TEST(the_sums_of_an_entropy_are_the_same_in_every_tier_and_whatever_the_row_holds) {
  for (const long n : {1L, 2L, 15L, 16L, 17L, 63L, 64L, 65L, 127L, 129L, 1000L, 5003L}) {
    for (int round = 0; round < 84; ++round) {
      const Row row = any_row(n, round);
      std::int64_t mass = 0, loss = 0;
      for (const float x : row.x) {
        mass += reference::weight(x, row.how.largest, 1.0f, 0.0f);
        loss += reference::loss(x, row.how.largest);
      }
      for (const std::int32_t tier : tiers()) {
        const EntropySums sums = row_kernels(tier).entropy_sums(row.x.data(), n, row.how.largest);
        if (!CHECK_EQ(sums.mass, mass) || !CHECK_EQ(sums.loss, loss)) return;
      }
    }
  }
}

TEST(an_entropy_is_that_of_the_softmax) {
  Random random(5);
  for (int round = 0; round < 60; ++round) {
    const long n = 1 + random.below(4000);
    const float scales[] = {0.0f, 0.01f, 1.0f, 4.0f, 20.0f, 100.0f};
    const std::vector<float> x = random_row(static_cast<std::size_t>(n), random.next(), scales[round % 6]);
    const float largest = *std::max_element(x.begin(), x.end());
    double z = 0.0, s = 0.0;
    for (const float v : x) {
      const double below = static_cast<double>(v) - static_cast<double>(largest);
      z += std::exp(below);
      s -= below * std::exp(below);
    }
    const EntropySums sums = row_kernels(best_tier()).entropy_sums(x.data(), n, largest);
    const double mass = static_cast<double>(sums.mass);
    const double entropy = std::log(mass / 0x1p40) + static_cast<double>(sums.loss) / mass;
    CHECK(std::fabs(entropy - (std::log(z) + s / z)) < 1e-6);
    CHECK(entropy >= -1e-12 && entropy <= std::log(static_cast<double>(n)) + 1e-6);
  }
}

TEST(a_weight_is_a_whole_number_that_follows_its_logit_and_is_close_to_the_exponential) {
  std::int64_t before = 0;
  for (int i = 0; i <= 1 << 20; ++i) {
    const float x = -30.0f + 30.0f * static_cast<float>(i) / static_cast<float>(1 << 20);
    const std::int64_t w = reference::weight(x, 0.0f, 1.0f, 0.0f);
    const double truth = std::ldexp(std::exp(static_cast<double>(x)), 40);
    if (!CHECK(w >= before && std::fabs(static_cast<double>(w) - truth) <= 0.5 + 2.5e-7 * truth)) return;
    before = w;
  }
  CHECK_EQ(reference::weight(5.0f, 5.0f, 3.0f, 0.0f), std::int64_t{1} << 40);
  CHECK_EQ(reference::weight(6.0f, 5.0f, 3.0f, 0.0f), std::int64_t{1} << 40);
  CHECK_EQ(reference::weight(-INFINITY, 5.0f, 1e-30f, 0.0f), 0);
}

TEST(weighing_is_refused_where_there_is_no_row_or_no_scale) {
  hr_team* team = nullptr;
  CHECK_EQ(hr_team_open(1, best_tier(), 0, &team), HR_OK);
  const float x[3] = {1.0f, 0.0f, 2.0f};
  float w[3] = {77.0f, 77.0f, 77.0f};
  std::int64_t sums[1] = {77};
  CHECK_EQ(hr_weigh(nullptr, x, 3, 2.0f, 1.0f, 1.0f, w, sums), HR_NULL_POINTER);
  CHECK_EQ(hr_weigh(team, nullptr, 3, 2.0f, 1.0f, 1.0f, w, sums), HR_NULL_POINTER);
  CHECK_EQ(hr_weigh(team, x, 3, 2.0f, 1.0f, 1.0f, nullptr, sums), HR_NULL_POINTER);
  CHECK_EQ(hr_weigh(team, x, 3, 2.0f, 1.0f, 1.0f, w, nullptr), HR_NULL_POINTER);
  CHECK_EQ(hr_weigh(team, x, 0, 2.0f, 1.0f, 1.0f, w, sums), HR_BAD_SHAPE);
  CHECK_EQ(hr_weigh(team, x, HR_MOST_WEIGHED + 1, 2.0f, 1.0f, 1.0f, w, sums), HR_BAD_SHAPE);
  CHECK_EQ(hr_weigh(team, x, 3, NAN, 1.0f, 1.0f, w, sums), HR_BAD_SHAPE);
  CHECK_EQ(hr_weigh(team, x, 3, 2.0f, 0.0f, 1.0f, w, sums), HR_BAD_SHAPE);
  CHECK_EQ(hr_weigh(team, x, 3, 2.0f, INFINITY, 1.0f, w, sums), HR_BAD_SHAPE);
  CHECK_EQ(hr_weigh(team, x, 3, 2.0f, 1.0f, NAN, w, sums), HR_BAD_SHAPE);
  CHECK_EQ(sums[0], 77);
  CHECK_BITS(w[0], 77.0f);
  constexpr std::int64_t kOne = std::int64_t{1} << 40;
  CHECK_EQ(hr_weigh(team, x, 3, 2.0f, 1.0f, 0x1p40f, w, sums), HR_OK);
  CHECK_EQ(sums[0], kOne);
  std::int32_t scratch[3];
  hr_nucleus cut = {77.0f, 77, 77};
  CHECK_EQ(hr_cut_nucleus(nullptr, w, 3, 1, sums, scratch, &cut), HR_NULL_POINTER);
  CHECK_EQ(hr_cut_nucleus(team, nullptr, 3, 1, sums, scratch, &cut), HR_NULL_POINTER);
  CHECK_EQ(hr_cut_nucleus(team, w, 3, 1, nullptr, scratch, &cut), HR_NULL_POINTER);
  CHECK_EQ(hr_cut_nucleus(team, w, 3, 1, sums, nullptr, &cut), HR_NULL_POINTER);
  CHECK_EQ(hr_cut_nucleus(team, w, 3, 1, sums, scratch, nullptr), HR_NULL_POINTER);
  CHECK_EQ(hr_cut_nucleus(team, w, 0, 1, sums, scratch, &cut), HR_BAD_SHAPE);
  CHECK_EQ(hr_cut_nucleus(team, w, 3, 0, sums, scratch, &cut), HR_BAD_SHAPE);
  CHECK_EQ(hr_cut_nucleus(team, w, 3, kOne + 1, sums, scratch, &cut), HR_BAD_SHAPE);
  CHECK_EQ(cut.last, 77);
  CHECK_EQ(hr_cut_nucleus(team, w, 3, kOne, sums, scratch, &cut), HR_OK);
  CHECK_EQ(cut.last, 2);
  CHECK_EQ(cut.mass, kOne);
  std::int64_t two[2] = {77, 77};
  CHECK_EQ(hr_entropy(nullptr, x, 3, 2.0f, two), HR_NULL_POINTER);
  CHECK_EQ(hr_entropy(team, nullptr, 3, 2.0f, two), HR_NULL_POINTER);
  CHECK_EQ(hr_entropy(team, x, 3, 2.0f, nullptr), HR_NULL_POINTER);
  CHECK_EQ(hr_entropy(team, x, 0, 2.0f, two), HR_BAD_SHAPE);
  CHECK_EQ(hr_entropy(team, x, HR_MOST_WEIGHED + 1, 2.0f, two), HR_BAD_SHAPE);
  CHECK_EQ(hr_entropy(team, x, 3, NAN, two), HR_BAD_SHAPE);
  CHECK_EQ(two[0], 77);
  CHECK_EQ(hr_entropy(team, x, 1, 1.0f, two), HR_OK);
  CHECK_EQ(two[0], kOne);
  CHECK_EQ(two[1], 0);
  hr_team_close(team);
}

}  // namespace headrace::test
