// The law's weights and nucleus by plain loops.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "cpu/exp/reference.h"

namespace headrace::reference {

inline std::int64_t weight(float value, float largest, float inverse, float least) noexcept {
  const float x = (value - largest) * inverse;
  const float w = std::nearbyint(exp(x < 0.0f ? x : 0.0f) * 0x1p40f);
  return w < least ? 0 : static_cast<std::int64_t>(w);
}

// The two integers of one entry: what it weighs, and that times how far it lies below the largest.
inline std::int64_t loss(float value, float largest) noexcept {
  const float below = value - largest;
  const float x = below < 0.0f ? below : 0.0f;
  const std::int64_t w = weight(value, largest, 1.0f, 0.0f);
  return w == 0 ? 0 : static_cast<std::int64_t>(std::nearbyint(static_cast<float>(w) * -x));
}

// The entries of the nucleus, the one that reaches `needed` last.
inline std::vector<std::int32_t> nucleus(const std::vector<std::int64_t>& w, std::int64_t needed) {
  std::vector<std::int32_t> order(w.size());
  std::iota(order.begin(), order.end(), 0);
  const auto weight_of = [&](std::int32_t i) { return w[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return weight_of(a) > weight_of(b); });
  std::size_t count = 0;
  for (std::int64_t mass = 0; mass < needed; ++count) mass += weight_of(order[count]);
  order.resize(count);
  return order;
}

}  // namespace headrace::reference
