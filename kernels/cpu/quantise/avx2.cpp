// Quantising on AVX2, one block at a time.
#include <immintrin.h>

#include <cfloat>

#include "cpu/quantise/tiers.h"

namespace headrace::avx2 {
namespace {

constexpr std::int32_t kInfinity = 0x7F800000;

[[gnu::always_inline]] static inline __m256i magnitude(__m256 x) noexcept {
  return _mm256_and_si256(_mm256_castps_si256(x), _mm256_set1_epi32(0x7FFFFFFF));
}

[[gnu::always_inline]] static inline __m128i max_of(__m256i v) noexcept {
  __m128i m = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4E));
  return _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xB1));
}

[[gnu::always_inline]] static inline std::int32_t sum_of(__m256i v) noexcept {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

}  // namespace

void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  const __m256 x0 = _mm256_loadu_ps(x32);
  const __m256 x1 = _mm256_loadu_ps(x32 + 8);
  const __m256 x2 = _mm256_loadu_ps(x32 + 16);
  const __m256 x3 = _mm256_loadu_ps(x32 + 24);
  // Magnitudes as integers: they order like the numbers, and everything that is not finite is at least kInfinity.
  const __m128i bits = max_of(
      _mm256_max_epi32(_mm256_max_epi32(magnitude(x0), magnitude(x1)), _mm256_max_epi32(magnitude(x2), magnitude(x3))));
  if (_mm_cvtsi128_si32(bits) >= kInfinity) {
    scalar::quantise_block(x32, group, block, row);
    return;
  }
  const float most = _mm_cvtss_f32(_mm_castsi128_ps(bits));
  const float scale = most / 127.0f;
  const float quotient = most > 0.0f ? 127.0f / most : 0.0f;
  const __m256 inverse = _mm256_set1_ps(quotient < FLT_MAX ? quotient : FLT_MAX);
  const __m256i low = _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(x0, inverse)),
                                         _mm256_cvtps_epi32(_mm256_mul_ps(x1, inverse)));
  const __m256i high = _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(x2, inverse)),
                                          _mm256_cvtps_epi32(_mm256_mul_ps(x3, inverse)));
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i q = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
  const std::int32_t sum =
      sum_of(_mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_set1_epi8(1), q), _mm256_set1_epi16(1)));
  const std::int64_t at = block * group.rows + row;
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(group.q + 32 * at), q);
  group.scale[at] = scale;
  group.sum[at] = scale * static_cast<float>(sum);
  group.negsum[at] = -sum;
}

void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  for (std::int64_t block = 0; block < columns / 32; ++block) quantise_block(x + 32 * block, group, block, row);
}

}  // namespace headrace::avx2
