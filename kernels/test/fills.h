// Deterministic inputs for tests.
#pragma once
#include <cstdint>
#include <vector>

#include "cpu/tier.h"

namespace headrace::test {

// splitmix64
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // In [0, n).
  int below(int n) { return static_cast<int>(next() % static_cast<std::uint64_t>(n)); }
  // In [-scale, scale).
  float real(float scale = 1.0f) { return (static_cast<float>(next() >> 40) * 0x1p-23f - 1.0f) * scale; }

 private:
  std::uint64_t state_;
};

inline std::vector<float> random_row(std::size_t n, std::uint64_t seed, float scale = 1.0f) {
  Random random(seed);
  std::vector<float> row(n);
  for (float& x : row) x = random.real(scale);
  return row;
}

// The tiers of this machine, the scalar one first.
inline std::vector<std::int32_t> tiers() {
  std::vector<std::int32_t> all;
  for (std::int32_t tier = 0; tier <= best_tier(); ++tier) all.push_back(tier);
  return all;
}

}  // namespace headrace::test
