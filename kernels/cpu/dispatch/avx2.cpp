#if defined(__x86_64__)
#include "cpu/lanes/avx2.h"

#include "cpu/dispatch/table.h"

namespace headrace {
namespace {

std::uint64_t read_memory(const void* memory, long bytes) noexcept {
  const char* p = static_cast<const char*>(memory);
  __m256i seen = _mm256_setzero_si256();
  for (long i = 0; i < bytes; i += 64) {
    _mm_prefetch(p + i + 4096, _MM_HINT_T0);
    const __m256i a = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i));
    const __m256i b = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i + 32));
    seen = _mm256_or_si256(seen, _mm256_or_si256(a, b));
  }
  const __m128i half = _mm_or_si128(_mm256_castsi256_si128(seen), _mm256_extracti128_si256(seen, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(half)) | static_cast<std::uint64_t>(_mm_extract_epi64(half, 1));
}

int integer_peak(long rounds) noexcept {
  __m256i sum[8];
  for (__m256i& s : sum) s = _mm256_setzero_si256();
  const __m256i a = _mm256_set1_epi8(3);
  __m256i b = _mm256_set1_epi8(5);
  const __m256i ones = _mm256_set1_epi16(1);
  for (long i = 0; i < rounds * 128; ++i) {
    __asm__ volatile("" : "+x"(b));  // a new value for all the compiler knows
#pragma GCC unroll 8
    for (__m256i& s : sum) {
      __m256i product = _mm256_maddubs_epi16(a, b);
      __asm__ volatile("" : "+x"(product));
      s = _mm256_add_epi32(s, _mm256_madd_epi16(product, ones));
    }
  }
  for (__m256i& s : sum) __asm__ volatile("" : "+x"(s));
  return 32;
}

}  // namespace

extern const RowKernels kAvx2Rows;
constinit const RowKernels kAvx2Rows = row_table<Avx2>({read_memory, integer_peak});

}  // namespace headrace
#endif
