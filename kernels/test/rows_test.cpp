// Norm, gate, rope, tile results and binary16: every tier against the plain loops, bit for bit.
#include <cmath>

#include "cpu/dispatch/row_kernels.h"
#include "cpu/exp/reference.h"
#include "cpu/half/half.h"
#include "cpu/peaks/reference.h"
#include "cpu/rms_norm/reference.h"
#include "cpu/rope/reference.h"
#include "cpu/rope/rope.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {

TEST(rms_norm_has_the_same_bits_in_every_tier) {
  for (const long n : {16L, 32L, 48L, 64L, 80L, 112L, 128L, 576L, 592L, 1536L, 4096L}) {
    for (const float scale : {1.0f, 0.0f, 1e-20f, 1e15f}) {
      const std::vector<float> x = random_row(static_cast<std::size_t>(n), static_cast<std::uint64_t>(n), scale);
      const std::vector<float> w = random_row(static_cast<std::size_t>(n), static_cast<std::uint64_t>(n) + 1);
      std::vector<float> law(x.size()), y(x.size() + 1, 77.0f);
      reference::rms_norm(x.data(), w.data(), n, 1e-5f, law.data());
      for (const std::int32_t tier : tiers()) {
        row_kernels(tier).rms_norm(x.data(), w.data(), n, 1e-5f, y.data());
        for (std::size_t i = 0; i < x.size(); ++i) {
          if (!CHECK_BITS(y[i], law[i])) return;
        }
        CHECK_BITS(y.back(), 77.0f);
      }
    }
  }
}

TEST(gate_has_the_same_bits_in_every_tier) {
  for (const long n : {16L, 32L, 48L, 1536L}) {
    const std::vector<float> g = random_row(static_cast<std::size_t>(n), 3, 20.0f);
    const std::vector<float> u = random_row(static_cast<std::size_t>(n), 4, 20.0f);
    std::vector<float> h(g.size());
    for (const std::int32_t tier : tiers()) {
      row_kernels(tier).gate(g.data(), u.data(), n, h.data());
      for (std::size_t i = 0; i < g.size(); ++i) {
        if (!CHECK_BITS(h[i], reference::silu(g[i]) * u[i])) return;
      }
    }
  }
}

TEST(rope_has_the_same_bits_in_every_tier_for_both_pairings) {
  for (const int dim : {16, 32, 48, 64, 80, 96, 128, 256}) {
    const std::vector<float> angle = random_row(static_cast<std::size_t>(dim / 2), 5, 3.0f);
    std::vector<float> cos(angle.size()), sin(angle.size());
    for (std::size_t i = 0; i < angle.size(); ++i) {
      cos[i] = std::cos(angle[i]);
      sin[i] = std::sin(angle[i]);
    }
    const std::vector<float> x = random_row(static_cast<std::size_t>(dim), 6, 4.0f);
    for (const bool halves : {false, true}) {
      std::vector<float> spread_cos(x.size()), spread_sin(x.size());
      rope_spread(cos.data(), sin.data(), dim, halves, spread_cos.data(), spread_sin.data());
      std::vector<float> law = x;
      reference::rope(law.data(), dim, halves, cos.data(), sin.data());
      for (const std::int32_t tier : tiers()) {
        for (const bool scaled : {false, true}) {
          std::vector<float> y = x;
          row_kernels(tier).rope[halves ? 1 : 0](y.data(), dim, spread_cos.data(), spread_sin.data(), scaled, 0.3f);
          for (std::size_t i = 0; i < x.size(); ++i) {
            if (!CHECK_BITS(y[i], scaled ? law[i] * 0.3f : law[i])) return;
          }
        }
      }
    }
  }
}

TEST(a_peak_is_the_largest_of_its_span_and_no_number_where_one_is_none_and_the_first_of_the_largest_is_found) {
  const float odd[] = {0.0f, -0.0f, INFINITY, -INFINITY, __builtin_nanf(""), -__builtin_nanf(""), -3.4028235e38f, 1e-42f};
  Random random(21);
  for (const long n : {1L, 2L, 15L, 16L, 17L, 63L, 64L, 65L, 127L, 129L, 1000L, 49152L}) {
    for (int round = 0; round < 12; ++round) {
      std::vector<float> x(static_cast<std::size_t>(n));
      for (float& v : x) v = round % 3 == 0 ? static_cast<float>(random.below(5) - 4) : random.real(30.0f);
      if (round % 3 == 0) {
        for (float& v : x) v = v == 0.0f && random.below(2) == 0 ? -0.0f : v;
      }
      for (int spoilt = 0; spoilt < round % 4; ++spoilt)
        x[static_cast<std::size_t>(random.below(static_cast<int>(n)))] = odd[random.below(8)];
      const std::size_t spans = static_cast<std::size_t>((n + 63) / 64);
      for (const std::int32_t tier : tiers()) {
        std::vector<float> y(spans + 1, 77.0f);
        row_kernels(tier).peaks(x.data(), n, y.data());
        for (std::size_t s = 0; s < spans; ++s) {
          const long first = static_cast<long>(s) * 64;
          const float law = reference::peak(x.data() + first, n - first < 64 ? n - first : 64);
          if (!CHECK_EQ(bits_of(y[s]), bits_of(law))) return;
        }
        CHECK_BITS(y.back(), 77.0f);
        if (!CHECK_EQ(row_kernels(tier).argmax(x.data(), n), reference::argmax(x.data(), n))) return;
      }
    }
  }
}

TEST(tile_results_reach_exactly_their_lanes) {
  const std::vector<float> out = random_row(16 * 16, 8);
  const std::vector<float> bias = random_row(16, 9);
  for (const std::int32_t tier : tiers()) {
    for (const int count : {1, 2, 7, 16}) {
      for (const int lanes : {1, 5, 15, 16}) {
        for (const bool biased : {false, true}) {
          for (const bool accumulate : {false, true}) {
            const long stride = 19;
            const std::vector<float> before = random_row(static_cast<std::size_t>(16 * stride), 10);
            std::vector<float> target = before;
            row_kernels(tier).store_tile(out.data(), count, lanes, biased ? bias.data() : nullptr, accumulate,
                                         target.data(), stride);
            for (std::size_t i = 0; i < target.size(); ++i) {
              const std::size_t row = i / 19, n = i % 19;
              float want = before[i];
              if (row < static_cast<std::size_t>(count) && n < static_cast<std::size_t>(lanes)) {
                float value = out[row * 16 + n];
                if (biased) value = value + bias[n];
                want = accumulate ? want + value : value;
              }
              if (!CHECK_BITS(target[i], want)) return;
            }
          }
        }
      }
    }
  }
}

TEST(halves_widen_exactly_and_come_back) {
  std::vector<std::uint16_t> all(1 << 16), back(1 << 16);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint16_t>(i);
  std::vector<float> wide(all.size());
  for (const std::int32_t tier : tiers()) {
    row_kernels(tier).from_half(all.data(), static_cast<long>(all.size()), wide.data());
    row_kernels(tier).to_half(wide.data(), static_cast<long>(all.size()), back.data());
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!CHECK_EQ(bits_of(wide[i]), bits_of(half_to_float(all[i])))) return;
      const std::uint16_t quiet = (i & 0x7C00u) == 0x7C00u && (i & 0x3FFu) != 0 ? 0x200u : 0u;
      if (!CHECK_EQ(static_cast<unsigned>(back[i]), static_cast<unsigned>(i | quiet))) return;
    }
    CHECK_BITS(wide[0x0001], 0x1p-24f);
    CHECK_BITS(wide[0x7BFF], 65504.0f);
  }
}

TEST(floats_round_to_the_nearest_even_half_in_every_tier) {
  std::vector<float> x;
  for (std::uint32_t h = 0; h < 0x7C00u; ++h) {  // every half, the midpoint above it and that midpoint's two neighbours
    const float a = half_to_float(static_cast<std::uint16_t>(h));
    const float b = h + 1 < 0x7C00u ? half_to_float(static_cast<std::uint16_t>(h + 1)) : 65536.0f;
    const float middle = a + (b - a) / 2.0f;
    for (const float v : {a, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)}) {
      x.push_back(v);
      x.push_back(-v);
    }
  }
  for (const float v : {65519.0f, 65520.0f, 65536.0f, 1e30f, INFINITY, 1e-40f, 0x1p-25f, 0x1p-26f}) {
    x.push_back(v);
    x.push_back(-v);
  }
  while (x.size() % 16 != 0) x.push_back(0.0f);
  std::vector<std::uint16_t> y(x.size());
  for (const std::int32_t tier : tiers()) {
    row_kernels(tier).to_half(x.data(), static_cast<long>(x.size()), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!CHECK_EQ(static_cast<unsigned>(y[i]), static_cast<unsigned>(float_to_half(x[i])))) return;
    }
  }
  for (std::uint32_t h = 0; h < 0x7BFFu;
       ++h) {  // and the definition: the nearer one, the even one when both are equally near
    const float a = half_to_float(static_cast<std::uint16_t>(h));
    const float b = half_to_float(static_cast<std::uint16_t>(h + 1));
    const float middle = a + (b - a) / 2.0f;
    CHECK_EQ(static_cast<unsigned>(float_to_half(middle)), h + (h & 1u));
    CHECK_EQ(static_cast<unsigned>(float_to_half(std::nextafter(middle, 0.0f))), h);
    CHECK_EQ(static_cast<unsigned>(float_to_half(std::nextafter(middle, INFINITY))), h + 1);
  }
}

}  // namespace headrace::test
