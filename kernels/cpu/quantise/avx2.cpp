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

// 32 codes of 8 bits in order, of two registers of 16-bit codes packed from four of 32 bits.
[[gnu::always_inline]] static inline __m256i in_order(__m256i low, __m256i high) noexcept {
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  return _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
}

[[gnu::always_inline]] static inline __m256i high_plane(__m256i codes) noexcept {
  return _mm256_srai_epi16(_mm256_add_epi16(codes, _mm256_set1_epi16(1 << (kPlaneShift - 1))), kPlaneShift);
}

[[gnu::always_inline]] static inline __m256i low_plane(__m256i codes, __m256i high) noexcept {
  return _mm256_sub_epi16(codes, _mm256_slli_epi16(high, kPlaneShift));
}

template <Planes kPlanes>
[[gnu::always_inline]] static inline void block_of(const float* x32, const QuantisedGroup& group, std::int64_t block,
                                                   int row) noexcept {
  constexpr float kLevels = kPlanes == Planes::kTwo ? 127.0f * 128.0f : 127.0f;
  const __m256 x0 = _mm256_loadu_ps(x32);
  const __m256 x1 = _mm256_loadu_ps(x32 + 8);
  const __m256 x2 = _mm256_loadu_ps(x32 + 16);
  const __m256 x3 = _mm256_loadu_ps(x32 + 24);
  // Magnitudes as integers: they order like the numbers, and everything that is not finite is at least kInfinity.
  const __m128i bits = max_of(
      _mm256_max_epi32(_mm256_max_epi32(magnitude(x0), magnitude(x1)), _mm256_max_epi32(magnitude(x2), magnitude(x3))));
  if (_mm_cvtsi128_si32(bits) >= kInfinity) {
    (kPlanes == Planes::kTwo ? scalar::quantise_block_planes : scalar::quantise_block)(x32, group, block, row);
    return;
  }
  const float most = _mm_cvtss_f32(_mm_castsi128_ps(bits));
  const float scale = most / kLevels;
  const float quotient = most > 0.0f ? kLevels / most : 0.0f;
  const __m256 inverse = _mm256_set1_ps(quotient < FLT_MAX ? quotient : FLT_MAX);
  const __m256i low = _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(x0, inverse)),
                                         _mm256_cvtps_epi32(_mm256_mul_ps(x1, inverse)));
  const __m256i high = _mm256_packs_epi32(_mm256_cvtps_epi32(_mm256_mul_ps(x2, inverse)),
                                          _mm256_cvtps_epi32(_mm256_mul_ps(x3, inverse)));
  const __m256i ones = _mm256_set1_epi16(1);
  const std::int32_t sum = sum_of(_mm256_add_epi32(_mm256_madd_epi16(low, ones), _mm256_madd_epi16(high, ones)));
  const std::int64_t at = block * group.rows + row;
  __m256i* const q = reinterpret_cast<__m256i*>(group.q + bytes_of_block(kPlanes) * at);
  if constexpr (kPlanes == Planes::kTwo) {
    const __m256i upper_low = high_plane(low);
    const __m256i upper_high = high_plane(high);
    _mm256_storeu_si256(q, in_order(upper_low, upper_high));
    _mm256_storeu_si256(q + 1, in_order(low_plane(low, upper_low), low_plane(high, upper_high)));
  } else {
    _mm256_storeu_si256(q, in_order(low, high));
  }
  group.scale[at] = scale;
  group.sum[at] = scale * static_cast<float>(sum);
  group.negsum[at] = -sum;
}

}  // namespace

void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  block_of<Planes::kOne>(x32, group, block, row);
}

void quantise_block_planes(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  block_of<Planes::kTwo>(x32, group, block, row);
}

void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  for (std::int64_t b = 0; b < columns / 32; ++b) block_of<Planes::kOne>(x + 32 * b, group, b, row);
}

void quantise_row_planes(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  for (std::int64_t b = 0; b < columns / 32; ++b) block_of<Planes::kTwo>(x + 32 * b, group, b, row);
}

}  // namespace headrace::avx2
