// Function tables over the row count, for the tier files. Anonymous: compiled apart for every tier.
#pragma once
#include <utility>

#include "cpu/matmul/matmul.h"

namespace headrace {
namespace {

// Kernel<M>::tile for M = count, 1..16.
template <class Tile, template <int> class Kernel, int... kBefore>
Tile pick(int count, std::integer_sequence<int, kBefore...>) noexcept {
  static constexpr Tile kTable[] = {&Kernel<kBefore + 1>::tile...};
  return kTable[count - 1];
}

template <template <int> class Kernel>
QuantisedTile quantised_by_count(int count) noexcept {
  return pick<QuantisedTile, Kernel>(count, std::make_integer_sequence<int, kGroupRows>{});
}

template <template <int> class Kernel>
FloatTile float_by_count(int count) noexcept {
  return pick<FloatTile, Kernel>(count, std::make_integer_sequence<int, kGroupRows>{});
}

}  // namespace
}  // namespace headrace
