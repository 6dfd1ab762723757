#if defined(__x86_64__)
#include "cpu/lanes/avx512.h"

#include "cpu/dispatch/table.h"

namespace headrace {
namespace {

std::uint64_t read_memory(const void* memory, long bytes) noexcept {
  const char* p = static_cast<const char*>(memory);
  __m512i seen = _mm512_setzero_si512();
  for (long i = 0; i < bytes; i += 64) {
    _mm_prefetch(p + i + 4096, _MM_HINT_T0);
    seen = _mm512_or_si512(seen, _mm512_loadu_si512(p + i));
  }
  alignas(64) std::uint64_t word[8];
  _mm512_store_si512(word, seen);
  std::uint64_t all = 0;
  for (const std::uint64_t w : word) all |= w;
  return all;
}

int integer_peak(long rounds) noexcept {
  const __m512i a = _mm512_set1_epi8(3);
  const __m512i b = _mm512_set1_epi8(5);
  for (long i = 0; i < rounds * 64; ++i) {
    // Sixteen chains in named registers, so that they stay there whatever the optimiser thinks; what they start from is
    // no matter.
    __asm__ volatile(
        "vpdpbusd %1, %0, %%zmm0\n\tvpdpbusd %1, %0, %%zmm1\n\tvpdpbusd %1, %0, %%zmm2\n\tvpdpbusd %1, %0, %%zmm3\n\t"
        "vpdpbusd %1, %0, %%zmm4\n\tvpdpbusd %1, %0, %%zmm5\n\tvpdpbusd %1, %0, %%zmm6\n\tvpdpbusd %1, %0, %%zmm7\n\t"
        "vpdpbusd %1, %0, %%zmm8\n\tvpdpbusd %1, %0, %%zmm9\n\tvpdpbusd %1, %0, %%zmm10\n\tvpdpbusd %1, %0, %%zmm11\n\t"
        "vpdpbusd %1, %0, %%zmm12\n\tvpdpbusd %1, %0, %%zmm13\n\tvpdpbusd %1, %0, %%zmm14\n\tvpdpbusd %1, %0, %%zmm15"
        :
        : "v"(a), "v"(b)
        : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
          "xmm13", "xmm14", "xmm15");
  }
  return 64;
}

}  // namespace

extern const RowKernels kAvx512Rows;
constinit const RowKernels kAvx512Rows = row_table<Avx512>({read_memory, integer_peak});

}  // namespace headrace
#endif
