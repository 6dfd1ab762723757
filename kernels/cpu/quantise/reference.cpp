// The quantiser's law, and the scalar tier.
#include <cfloat>
#include <cmath>

#include "cpu/quantise/tiers.h"
#include "formats/half.h"

namespace headrace::scalar {
namespace {

template <Planes kPlanes>
void block_of(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  constexpr float kLevels = kPlanes == Planes::kTwo ? 127.0f * 128.0f : 127.0f;
  const std::int64_t at = block * group.rows + row;
  std::int8_t* const q = group.q + bytes_of_block(kPlanes) * at;
  bool finite = true;
  float most = 0.0f;
  for (int i = 0; i < 32; ++i) {
    finite = finite && std::isfinite(x32[i]);
    most = std::fabs(x32[i]) > most ? std::fabs(x32[i]) : most;
  }
  const float inverse = finite && most > 0.0f ? std::fmin(kLevels / most, FLT_MAX) : 0.0f;
  std::int32_t sum = 0;
  for (int i = 0; i < 32; ++i) {
    const std::int32_t a = finite ? static_cast<std::int32_t>(std::nearbyint(x32[i] * inverse)) : 0;
    if constexpr (kPlanes == Planes::kTwo) {
      const std::int32_t high = (a + (1 << (kPlaneShift - 1))) >> kPlaneShift;
      q[i] = static_cast<std::int8_t>(high);
      q[32 + i] = static_cast<std::int8_t>(a - high * (1 << kPlaneShift));
    } else {
      q[i] = static_cast<std::int8_t>(a);
    }
    sum += a;
  }
  const float scale = finite ? most / kLevels : float_from_bits(0x7FC00000u);
  group.scale[at] = scale;
  group.sum[at] = scale * static_cast<float>(sum);
  group.negsum[at] = -sum;
}

template <Planes kPlanes>
void row_of(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  for (std::int64_t block = 0; block < columns / 32; ++block) block_of<kPlanes>(x + 32 * block, group, block, row);
}

}  // namespace

void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  block_of<Planes::kOne>(x32, group, block, row);
}

void quantise_block_planes(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  block_of<Planes::kTwo>(x32, group, block, row);
}

void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  row_of<Planes::kOne>(x, columns, group, row);
}

void quantise_row_planes(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  row_of<Planes::kTwo>(x, columns, group, row);
}

}  // namespace headrace::scalar
