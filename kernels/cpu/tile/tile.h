// What happens to the results of a tile: [count][16] values, lane n = output row 16 * tile + n.
//
//   lanes       outputs that exist (1..16); others are dropped
//   bias        16 values or null: value = out + bias
//   accumulate  target + value, otherwise value
//   target      row i starts at target + i * stride; no alignment required
#pragma once

namespace headrace {

template <class V>
void store_tile(const float* out, int count, int lanes, const float* bias, bool accumulate, float* target,
                long stride) noexcept {
  const typename V::F zero = V::zero();
  const typename V::F b = bias != nullptr ? V::load(bias) : zero;
  for (int i = 0; i < count; ++i, out += 16, target += stride) {
    typename V::F v = V::load(out);
    if (bias != nullptr) v = V::add(v, b);
    if (lanes == 16) {
      if (accumulate) v = V::add(V::load(target), v);
      V::store(target, v);
    } else {
      alignas(64) float value[16];
      V::store(value, v);
      for (int n = 0; n < lanes; ++n) target[n] = accumulate ? target[n] + value[n] : value[n];
    }
  }
}

}  // namespace headrace
