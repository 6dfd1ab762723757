// The quantiser's law, and the scalar tier.
#include <cfloat>
#include <cmath>

#include "cpu/quantise/tiers.h"
#include "formats/half.h"

namespace headrace::scalar {

void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  const std::int64_t at = block * group.rows + row;
  std::int8_t* const q = group.q + 32 * at;
  bool finite = true;
  float most = 0.0f;
  for (int i = 0; i < 32; ++i) {
    finite = finite && std::isfinite(x32[i]);
    most = std::fabs(x32[i]) > most ? std::fabs(x32[i]) : most;
  }
  const float inverse = finite && most > 0.0f ? std::fmin(127.0f / most, FLT_MAX) : 0.0f;
  std::int32_t sum = 0;
  for (int i = 0; i < 32; ++i) {
    q[i] = finite ? static_cast<std::int8_t>(std::nearbyint(x32[i] * inverse)) : std::int8_t{0};
    sum += q[i];
  }
  const float scale = finite ? most / 127.0f : float_from_bits(0x7FC00000u);
  group.scale[at] = scale;
  group.sum[at] = scale * static_cast<float>(sum);
  group.negsum[at] = -sum;
}

void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  for (std::int64_t block = 0; block < columns / 32; ++block) quantise_block(x + 32 * block, group, block, row);
}

}  // namespace headrace::scalar
