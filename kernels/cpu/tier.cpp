#include "cpu/tier.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace headrace {

#if defined(__x86_64__)
namespace {

struct Leaf {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Leaf leaf(unsigned number, unsigned sub) noexcept {
  Leaf l;
  if (__get_cpuid_count(number, sub, &l.a, &l.b, &l.c, &l.d) == 0) return Leaf{};
  return l;
}

// Register states the operating system saves: extended control register 0.
unsigned saved_states() noexcept {
  unsigned low = 0;
  unsigned high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

bool all(unsigned word, unsigned bits) noexcept { return (word & bits) == bits; }

}  // namespace

std::int32_t best_tier() noexcept {
  constexpr unsigned kOsxsave = 1u << 27, kAvx = 1u << 28, kFma = 1u << 12, kF16c = 1u << 29;
  constexpr unsigned kAvx2 = 1u << 5;
  constexpr unsigned kAvx512F = 1u << 16, kAvx512Dq = 1u << 17, kAvx512Bw = 1u << 30, kAvx512Vl = 1u << 31;
  constexpr unsigned kVnni = 1u << 11;
  constexpr unsigned kYmmState = 0x6, kZmmState = 0xE6;
  const Leaf one = leaf(1, 0);
  if (!all(one.c, kOsxsave | kAvx | kFma | kF16c)) return HR_TIER_SCALAR;
  const unsigned states = saved_states();
  const Leaf seven = leaf(7, 0);
  if (!all(states, kYmmState) || !all(seven.b, kAvx2)) return HR_TIER_SCALAR;
  if (!all(states, kZmmState) || !all(seven.b, kAvx512F | kAvx512Dq | kAvx512Bw | kAvx512Vl)) return HR_TIER_AVX2;
  return all(seven.c, kVnni) ? HR_TIER_AVX512_VNNI : HR_TIER_AVX2;
}

bool multiplies_bf16() noexcept {
  constexpr unsigned kBf16 = 1u << 5;
  return best_tier() == HR_TIER_AVX512_VNNI && leaf(7, 0).a >= 1 && all(leaf(7, 1).a, kBf16);
}

#else

std::int32_t best_tier() noexcept { return HR_TIER_SCALAR; }

bool multiplies_bf16() noexcept { return false; }

#endif

const char* tier_name(std::int32_t tier) noexcept {
  switch (tier) {
    case HR_TIER_SCALAR: return "scalar";
    case HR_TIER_AVX2: return "avx2";
    case HR_TIER_AVX512_VNNI: return "avx512-vnni";
    default: return "unknown";
  }
}

}  // namespace headrace
