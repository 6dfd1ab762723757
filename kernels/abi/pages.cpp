#include <cstddef>
#include <initializer_list>

#include "cpu/attention/move.h"
#include "cpu/dispatch/pair_kernels.h"
#include "cpu/rope/rope.h"
#include "cpu/tier.h"
#include "headrace/kernels.h"

namespace {

bool sound(std::int64_t layers, std::int64_t blocks, std::int64_t kv_heads, std::int64_t head_dim) {
  return layers > 0 && blocks > 0 && kv_heads > 0 && layers <= 1 << 16 && kv_heads <= 1 << 12 && head_dim >= 16 &&
         head_dim <= headrace::kMaxHeadDim && head_dim % 16 == 0;
}

}  // namespace

extern "C" int64_t hr_pages_bytes(int32_t layers, int32_t blocks, int32_t kv_heads, int32_t head_dim) {
  if (!sound(layers, blocks, kv_heads, head_dim)) return -HR_BAD_SHAPE;
  const __int128 bytes = static_cast<__int128>(layers) * blocks * kv_heads * (2 * HR_BLOCK_TOKENS * 2) * head_dim;
  return bytes > INT64_MAX ? -HR_BAD_SHAPE : static_cast<std::int64_t>(bytes);
}

extern "C" hr_status hr_pages_move(void* pages, int32_t layers, int32_t blocks, int32_t kv_heads, int32_t head_dim,
                                   int32_t kv_format, const int32_t* table, int32_t count, const int32_t* from, const int32_t* to) {
  if (pages == nullptr || (count > 0 && (table == nullptr || from == nullptr || to == nullptr))) return HR_NULL_POINTER;
  if (!sound(layers, blocks, kv_heads, head_dim) || count < 0 || !headrace::kv_format_is_known(kv_format)) return HR_BAD_SHAPE;
  for (std::int32_t i = 0; i < count; ++i) {
    if (to[i] < 0 || from[i] < to[i]) return HR_BAD_BATCH;
    for (const std::int32_t slot : {from[i], to[i]}) {
      const std::int32_t block = table[slot / HR_BLOCK_TOKENS];
      if (block < 0 || block >= blocks) return HR_BAD_BATCH;
    }
  }
  const std::ptrdiff_t halves = std::ptrdiff_t{2} * HR_BLOCK_TOKENS * head_dim;
  std::uint16_t* base = static_cast<std::uint16_t*>(pages);
  for (std::ptrdiff_t layer = 0; layer < layers; ++layer) {
    for (std::ptrdiff_t head = 0; head < kv_heads; ++head) {
      const auto page = [&](std::int32_t slot) {
        return base + ((table[slot / HR_BLOCK_TOKENS] * layers + layer) * kv_heads + head) * halves;
      };
      for (std::int32_t i = 0; i < count; ++i) {
        if (from[i] == to[i]) continue;
        headrace::copy_token(kv_format, page(from[i]), from[i] % HR_BLOCK_TOKENS, page(to[i]), to[i] % HR_BLOCK_TOKENS,
                             head_dim);
      }
    }
  }
  return HR_OK;
}

extern "C" int32_t hr_bf16_products(int32_t tier) {
  return tier < 0 || tier > headrace::best_tier() ? HR_BF16_EMULATED : headrace::bf16_products(tier);
}
