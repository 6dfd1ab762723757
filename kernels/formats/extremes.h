// What the block encoders need to know about 32 inputs.
#pragma once
#include <cmath>

namespace headrace {

// The input of largest magnitude, with its sign; the first of equals.
static inline float signed_extreme(const float in[32]) noexcept {
  float extreme = 0.0f;
  for (int i = 0; i < 32; ++i) {
    if (std::fabs(in[i]) > std::fabs(extreme)) extreme = in[i];
  }
  return extreme;
}

struct Bounds {
  float least;
  float greatest;
};

static inline Bounds bounds(const float in[32]) noexcept {
  Bounds found{in[0], in[0]};
  for (int i = 1; i < 32; ++i) {
    if (in[i] < found.least) found.least = in[i];
    if (in[i] > found.greatest) found.greatest = in[i];
  }
  return found;
}

// Truncation of a value that already carries its rounding offset, kept in [0, most].
static inline int truncated_code(float value, int most) noexcept {
  const int code = static_cast<int>(value);
  return code < 0 ? 0 : code > most ? most : code;
}

}  // namespace headrace
