// One token's key and value from a place in one page to a place in another or the same; format: HR_KV_*.
#pragma once
#include <cstdint>

#include "cpu/attention/attention.h"
#include "headrace/kernels.h"

namespace headrace {

inline bool kv_format_is_known(std::int32_t format) noexcept { return format == HR_KV_F16 || format == HR_KV_BF16; }

inline int key_index(std::int32_t format, int d, int lane) noexcept {
  return format == HR_KV_BF16 ? d / 2 * 2 * kPageTokens + lane * 2 + d % 2 : d * kPageTokens + lane;
}

inline int value_index(std::int32_t format, int lane, int d, int head_dim) noexcept {
  return kPageTokens * head_dim +
         (format == HR_KV_BF16 ? lane / 2 * 2 * head_dim + 2 * d + lane % 2 : lane * head_dim + d);
}

inline void copy_value(std::int32_t format, const std::uint16_t* from, int from_lane, std::uint16_t* to, int to_lane,
                       int head_dim) noexcept {
  const std::uint16_t* x = from + value_index(format, from_lane, 0, head_dim);
  std::uint16_t* y = to + value_index(format, to_lane, 0, head_dim);
  if (format != HR_KV_BF16) {
    for (int d = 0; d < head_dim; ++d) y[d] = x[d];
  } else {
    for (int d = 0; d < head_dim; ++d) y[2 * d] = x[2 * d];
  }
}

inline void copy_token(std::int32_t format, const std::uint16_t* from, int from_lane, std::uint16_t* to, int to_lane,
                       int head_dim) noexcept {
  for (int d = 0; d < head_dim; ++d) to[key_index(format, d, to_lane)] = from[key_index(format, d, from_lane)];
  copy_value(format, from, from_lane, to, to_lane, head_dim);
}

}  // namespace headrace
