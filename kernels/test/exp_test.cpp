#include <cmath>

#include "cpu/dispatch/row_kernels.h"
#include "cpu/exp/reference.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

// Every exponent with several mantissas, both signs, and the special values.
std::vector<float> all_exponents(bool positive_too) {
  std::vector<float> x = {0.0f,      -0.0f, -87.0f, std::nextafter(-87.0f, 0.0f), std::nextafter(-87.0f, -100.0f),
                          -INFINITY, NAN};
  Random random(7);
  for (std::uint32_t exponent = 0; exponent < 255; ++exponent) {
    for (int i = 0; i < 8; ++i) {
      const std::uint32_t mantissa = i == 0   ? 0u
                                     : i == 1 ? 0x7FFFFFu
                                              : static_cast<std::uint32_t>(random.next() & 0x7FFFFFu);
      const float value = __builtin_bit_cast(float, (exponent << 23) | mantissa);
      x.push_back(-value);
      if (positive_too) x.push_back(value);
    }
  }
  for (int i = 0; i < 4000; ++i) x.push_back(-90.0f * static_cast<float>(i) / 4000.0f);
  while (x.size() % 16 != 0) x.push_back(-1.0f);
  return x;
}

}  // namespace

TEST(exp_is_within_two_units_of_the_true_value_and_equal_in_every_tier) {
  const std::vector<float> x = all_exponents(false);
  std::vector<float> y(x.size());
  for (const std::int32_t tier : tiers()) {
    row_kernels(tier).exp(x.data(), static_cast<long>(x.size()), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!CHECK_BITS(y[i], reference::exp(x[i]))) return;
      if (x[i] < -87.0f) CHECK_BITS(y[i], 0.0f);
      if (x[i] >= -87.0f) {
        const double truth = std::exp(static_cast<double>(x[i]));
        CHECK(std::fabs(y[i] - truth) <= 2.5e-7 * truth);
      }
    }
    CHECK_BITS(y[0], 1.0f);
    CHECK_BITS(y[1], 1.0f);
  }
}

TEST(exp_never_falls_where_its_argument_rises) {
  std::vector<float> x(1 << 16);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = -88.0f + 88.0f * static_cast<float>(i) / static_cast<float>(x.size());
  std::vector<float> y(x.size());
  row_kernels(best_tier()).exp(x.data(), static_cast<long>(x.size()), y.data());
  for (std::size_t i = 1; i < x.size(); ++i) {
    if (!CHECK(y[i] >= y[i - 1])) return;
  }
}

TEST(silu_is_close_to_the_true_value_and_equal_in_every_tier) {
  const std::vector<float> x = all_exponents(true);
  std::vector<float> y(x.size());
  for (const std::int32_t tier : tiers()) {
    row_kernels(tier).silu(x.data(), static_cast<long>(x.size()), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!CHECK_BITS(y[i], reference::silu(x[i]))) return;
      if (std::isfinite(x[i]) && x[i] > -87.0f) {
        const double truth = x[i] / (1.0 + std::exp(-static_cast<double>(x[i])));
        CHECK(std::fabs(y[i] - truth) <= 5e-7 * std::fabs(truth) + 1e-44);
      }
    }
  }
}

}  // namespace headrace::test
