#include "cpu/dispatch/pair_kernels.h"

#include "cpu/dispatch/row_kernels.h"
#include "cpu/half/pair.h"
#include "cpu/tier.h"

namespace headrace {
namespace {

// splitmix64
std::uint64_t scramble(std::uint64_t& state) noexcept {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

// A bfloat16 with an exponent about `middle`, now and then a subnormal, a zero or an infinity.
std::uint32_t half_about(std::uint64_t random, std::uint32_t middle, std::uint32_t spread) noexcept {
  const std::uint32_t fraction = static_cast<std::uint32_t>(random & 0x7F);
  const std::uint32_t sign = static_cast<std::uint32_t>(random >> 7 & 1) << 15;
  const std::uint32_t kind = static_cast<std::uint32_t>(random >> 8 & 63);
  if (kind == 0) return sign;
  if (kind < 4) return sign | fraction;
  if (kind == 4) return sign | 0x7F80u;
  return sign | (middle + static_cast<std::uint32_t>(random >> 16) % spread) << 7 | fraction;
}

}  // namespace

#if defined(__x86_64__)
extern const NativePairKernels kAvx512Bf16;

const NativePairKernels* native_pairs(std::int32_t tier) noexcept {
  return tier == HR_TIER_AVX512_VNNI && multiplies_bf16() ? &kAvx512Bf16 : nullptr;
}
#else
const NativePairKernels* native_pairs(std::int32_t) noexcept { return nullptr; }
#endif

bool adds_pairs_by_the_law(void (*add)(const std::uint32_t*, const std::uint32_t*, int, float*) noexcept) noexcept {
  constexpr int kPairs = 4096;
  constexpr std::uint32_t kMiddle[] = {1, 119, 60, 180};  // all exponents, near 1, products near 2^-126, large ones
  constexpr std::uint32_t kSpread[] = {254, 16, 8, 70};
  std::uint64_t state = 1;
  for (int begin = 0; begin < kPairs; begin += 16) {
    const int kind = begin / 16 % 4;
    std::uint32_t x[16];
    std::uint32_t y[16];
    float before[16];
    float after[16];
    for (int i = 0; i < 16; ++i) {
      const auto pair = [&] {
        return half_about(scramble(state), kMiddle[kind], kSpread[kind]) |
               half_about(scramble(state), kMiddle[kind], kSpread[kind]) << 16;
      };
      x[i] = pair();
      y[i] = pair();
      // An accumulator that was zero, came from such a product (so that sums cancel), or is anything.
      const std::uint64_t random = scramble(state);
      before[i] = 0.0f;
      if (random % 4 == 1) before[i] = -add_pair(0.0f, x[i], y[i]);
      if (random % 4 == 2) before[i] = add_pair(0.0f, pair(), pair());
      if (random % 4 == 3) before[i] = flushed(__builtin_bit_cast(float, static_cast<std::uint32_t>(random >> 32)));
      after[i] = before[i];
    }
    add(x, y, 16, after);
    for (int i = 0; i < 16; ++i) {
      const float law = add_pair(before[i], x[i], y[i]);
      const bool none = law != law && after[i] != after[i];
      if (!none && __builtin_bit_cast(std::uint32_t, law) != __builtin_bit_cast(std::uint32_t, after[i])) return false;
    }
  }
  return true;
}

std::int32_t bf16_products(std::int32_t tier) noexcept {
  const NativePairKernels* native = native_pairs(tier);
  if (native == nullptr) return HR_BF16_EMULATED;
  static const bool agrees = adds_pairs_by_the_law(native->add_pairs);
  return agrees ? HR_BF16_NATIVE : HR_BF16_DIFFERENT;
}

const AttentionKernels& attention_kernels(std::int32_t tier, std::int32_t format) noexcept {
  if (format == HR_KV_BF16 && bf16_products(tier) == HR_BF16_NATIVE) return native_pairs(tier)->attention;
  return row_kernels(tier).attention[format];
}

}  // namespace headrace
