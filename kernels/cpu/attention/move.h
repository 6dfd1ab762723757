// One token's key and value from a place in one page to a place in another or the same.
#pragma once
#include <cstdint>

#include "cpu/attention/attention.h"

namespace headrace {

inline void copy_value(const std::uint16_t* from, int from_lane, std::uint16_t* to, int to_lane,
                       int head_dim) noexcept {
  const std::uint16_t* from_value = from + (kPageTokens + from_lane) * head_dim;
  std::uint16_t* to_value = to + (kPageTokens + to_lane) * head_dim;
  for (int d = 0; d < head_dim; ++d) to_value[d] = from_value[d];
}

inline void copy_token(const std::uint16_t* from, int from_lane, std::uint16_t* to, int to_lane,
                       int head_dim) noexcept {
  for (int d = 0; d < head_dim; ++d) to[d * kPageTokens + to_lane] = from[d * kPageTokens + from_lane];
  copy_value(from, from_lane, to, to_lane, head_dim);
}

}  // namespace headrace
