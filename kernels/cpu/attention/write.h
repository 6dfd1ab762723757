// One token's key and value into a page.
#pragma once
#include "cpu/attention/attention.h"
#include "cpu/attention/half_pages.h"
#include "cpu/attention/pair_pages.h"

namespace headrace {

template <class V>
void write_halves(std::uint16_t* page, int lane, const float* key, const float* value, int head_dim) noexcept {
  alignas(64) std::uint16_t half[256];
  for (int d = 0; d < head_dim; d += 16) V::store_half(half + d, V::load(key + d));
  for (int d = 0; d < head_dim; ++d) page[d * kPageTokens + lane] = half[d];
  std::uint16_t* v = page + (kPageTokens + lane) * head_dim;
  for (int d = 0; d < head_dim; d += 16) V::store_half(v + d, V::load(value + d));
}

template <class V>
void write_pairs(std::uint16_t* page, int lane, const float* key, const float* value, int head_dim) noexcept {
  alignas(64) std::uint16_t half[256];
  for (int d = 0; d < head_dim; d += 16) V::store_pair_half(half + d, V::load(key + d));
  for (int d = 0; d < head_dim; d += 2) {
    std::uint16_t* k = page + d * kPageTokens + lane * 2;
    k[0] = half[d];
    k[1] = half[d + 1];
  }
  for (int d = 0; d < head_dim; d += 16) V::store_pair_half(half + d, V::load(value + d));
  std::uint16_t* v = page + (kPageTokens + lane / 2 * 2) * head_dim + lane % 2;
  for (int d = 0; d < head_dim; ++d) v[2 * d] = half[d];
}

}  // namespace headrace
