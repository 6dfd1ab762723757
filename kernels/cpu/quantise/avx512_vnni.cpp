// Quantising on AVX-512. Four blocks at a time, of one row or of four, so that their maxima and sums are reduced
// together: 128-bit lane i of the reduced vectors belongs to block i. What there is once a block is computed four wide.
#include <cfloat>

#include "cpu/matmul/avx512_intrinsics.h"
#include "cpu/quantise/tiers.h"

namespace headrace::avx512_vnni {
namespace {

constexpr std::int32_t kInfinity = 0x7F800000;

struct Pair {
  __m512 low;   // inputs 0..15
  __m512 high;  // inputs 16..31
};

[[gnu::always_inline]] static inline Pair load(const float* x) noexcept {
  return {_mm512_loadu_ps(x), _mm512_loadu_ps(x + 16)};
}

// Magnitudes as integers: they order like the numbers, and everything that is not finite is at least kInfinity.
[[gnu::always_inline]] static inline __m512i most(Pair x) noexcept {
  const __m512i magnitude = _mm512_set1_epi32(0x7FFFFFFF);
  return _mm512_max_epi32(_mm512_and_si512(_mm512_castps_si512(x.low), magnitude),
                          _mm512_and_si512(_mm512_castps_si512(x.high), magnitude));
}

template <Planes kPlanes>
constexpr float kLevels = kPlanes == Planes::kTwo ? 127.0f * 128.0f : 127.0f;

[[gnu::always_inline]] static inline __m128 inverse_of(__m128 most, float levels) noexcept {
  const __mmask8 positive = _mm_cmp_ps_mask(most, _mm_setzero_ps(), _CMP_GT_OQ);
  return _mm_min_ps(_mm_maskz_div_ps(positive, _mm_set1_ps(levels), most), _mm_set1_ps(FLT_MAX));
}

// 16-bit codes; 128-bit lane l holds inputs 4l .. 4l+3 and 16 + 4l .. 16 + 4l + 3.
[[gnu::always_inline]] static inline __m512i codes(Pair x, __m512 inverse) noexcept {
  return _mm512_packs_epi32(_mm512_cvtps_epi32(_mm512_mul_ps(x.low, inverse)),
                            _mm512_cvtps_epi32(_mm512_mul_ps(x.high, inverse)));
}

// 8-bit codes of two blocks in order.
[[gnu::always_inline]] static inline __m512i in_order(__m512i first, __m512i second) noexcept {
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, _mm512_packs_epi16(first, second));
}

[[gnu::always_inline]] static inline __m512i high_plane(__m512i codes) noexcept {
  return _mm512_srai_epi16(_mm512_add_epi16(codes, _mm512_set1_epi16(1 << (kPlaneShift - 1))), kPlaneShift);
}

[[gnu::always_inline]] static inline __m512i low_plane(__m512i codes, __m512i high) noexcept {
  return _mm512_sub_epi16(codes, _mm512_slli_epi16(high, kPlaneShift));
}

// Two blocks of 8-bit codes, the second `step` bytes behind the first.
[[gnu::always_inline]] static inline void store_two(std::int8_t* to, std::int64_t step, __m512i q) noexcept {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(q));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + step), _mm512_extracti64x4_epi64(q, 1));
}

// Two blocks of 16-bit codes, the second `step` bytes behind the first.
template <Planes kPlanes>
[[gnu::always_inline]] static inline void store_codes(std::int8_t* to, std::int64_t step, __m512i first,
                                                      __m512i second) noexcept {
  if constexpr (kPlanes == Planes::kTwo) {
    const __m512i high_first = high_plane(first);
    const __m512i high_second = high_plane(second);
    store_two(to, step, in_order(high_first, high_second));
    store_two(to + 32, step, in_order(low_plane(first, high_first), low_plane(second, high_second)));
  } else {
    store_two(to, step, in_order(first, second));
  }
}

[[gnu::always_inline]] static inline __m512i max_in_lanes(__m512i v) noexcept {
  v = _mm512_max_epi32(v, _mm512_shuffle_epi32(v, _MM_PERM_BADC));
  return _mm512_max_epi32(v, _mm512_shuffle_epi32(v, _MM_PERM_CDAB));
}

[[gnu::always_inline]] static inline __m512i sum_in_lanes(__m512i v) noexcept {
  v = _mm512_add_epi32(v, _mm512_shuffle_epi32(v, _MM_PERM_BADC));
  return _mm512_add_epi32(v, _mm512_shuffle_epi32(v, _MM_PERM_CDAB));
}

// The first element of every 128-bit lane.
[[gnu::always_inline]] static inline __m128i one_per_lane(__m512i v) noexcept {
  const __m512i firsts = _mm512_setr_epi32(0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
  return _mm512_castsi512_si128(_mm512_permutexvar_epi32(firsts, v));
}

// 32-bit sums of some codes each: the lower half of the result adds up to the first block's sum, the upper half to the
// second's.
template <Planes kPlanes>
[[gnu::always_inline]] static inline __m512i sums_of_some(__m512i first, __m512i second) noexcept {
  if constexpr (kPlanes == Planes::kTwo) {
    const __m512i a = _mm512_madd_epi16(first, _mm512_set1_epi16(1));
    const __m512i b = _mm512_madd_epi16(second, _mm512_set1_epi16(1));
    return _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x44), _mm512_shuffle_i32x4(a, b, 0xEE));
  } else {
    return _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1), in_order(first, second));
  }
}

template <Planes kPlanes>
void not_finite(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  (kPlanes == Planes::kTwo ? scalar::quantise_block_planes : scalar::quantise_block)(x32, group, block, row);
}

// Four blocks to places `at`, `at` + step, .. of the group; false when one of them is not finite: nothing is written.
template <Planes kPlanes>
[[gnu::always_inline]] static inline bool four(const Pair (&x)[4], const QuantisedGroup& group, std::int64_t at,
                                               std::int64_t step) noexcept {
  const __m512i m0 = most(x[0]);
  const __m512i m1 = most(x[1]);
  const __m512i m2 = most(x[2]);
  const __m512i m3 = most(x[3]);
  const __m512i m01 = _mm512_max_epi32(_mm512_shuffle_i32x4(m0, m1, 0x44), _mm512_shuffle_i32x4(m0, m1, 0xEE));
  const __m512i m23 = _mm512_max_epi32(_mm512_shuffle_i32x4(m2, m3, 0x44), _mm512_shuffle_i32x4(m2, m3, 0xEE));
  const __m128i bits = one_per_lane(
      max_in_lanes(_mm512_max_epi32(_mm512_shuffle_i32x4(m01, m23, 0x88), _mm512_shuffle_i32x4(m01, m23, 0xDD))));
  if (_mm_cmpge_epi32_mask(bits, _mm_set1_epi32(kInfinity)) != 0) return false;
  const __m128 scale = _mm_div_ps(_mm_castsi128_ps(bits), _mm_set1_ps(kLevels<kPlanes>));
  const __m512 inverse = _mm512_castps128_ps512(inverse_of(_mm_castsi128_ps(bits), kLevels<kPlanes>));
  const __m512i q0 = codes(x[0], _mm512_permutexvar_ps(_mm512_setzero_si512(), inverse));
  const __m512i q1 = codes(x[1], _mm512_permutexvar_ps(_mm512_set1_epi32(1), inverse));
  const __m512i q2 = codes(x[2], _mm512_permutexvar_ps(_mm512_set1_epi32(2), inverse));
  const __m512i q3 = codes(x[3], _mm512_permutexvar_ps(_mm512_set1_epi32(3), inverse));
  const __m512i s01 = sums_of_some<kPlanes>(q0, q1);
  const __m512i s23 = sums_of_some<kPlanes>(q2, q3);
  const __m128i sum = one_per_lane(
      sum_in_lanes(_mm512_add_epi32(_mm512_shuffle_i32x4(s01, s23, 0x88), _mm512_shuffle_i32x4(s01, s23, 0xDD))));
  const __m128 scaled = _mm_mul_ps(scale, _mm_cvtepi32_ps(sum));
  const __m128i negsum = _mm_sub_epi32(_mm_setzero_si128(), sum);

  constexpr std::int64_t kBytes = bytes_of_block(kPlanes);
  store_codes<kPlanes>(group.q + kBytes * at, kBytes * step, q0, q1);
  store_codes<kPlanes>(group.q + kBytes * (at + 2 * step), kBytes * step, q2, q3);
  if (step == 1) {
    _mm_storeu_ps(group.scale + at, scale);
    _mm_storeu_ps(group.sum + at, scaled);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(group.negsum + at), negsum);
    return true;
  }
  alignas(16) float scales[4];
  alignas(16) float sums[4];
  alignas(16) std::int32_t negsums[4];
  _mm_store_ps(scales, scale);
  _mm_store_ps(sums, scaled);
  _mm_store_si128(reinterpret_cast<__m128i*>(negsums), negsum);
  for (int i = 0; i < 4; ++i) {
    group.scale[at + i * step] = scales[i];
    group.sum[at + i * step] = sums[i];
    group.negsum[at + i * step] = negsums[i];
  }
  return true;
}

template <Planes kPlanes>
void four_blocks(const float* x, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  const Pair four_of_row[4] = {load(x), load(x + 32), load(x + 64), load(x + 96)};
  if (four<kPlanes>(four_of_row, group, block * group.rows + row, group.rows)) return;
  for (int i = 0; i < 4; ++i) not_finite<kPlanes>(x + 32 * i, group, block + i, row);
}

template <Planes kPlanes>
void one_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  const Pair x = load(x32);
  __m512i bits = most(x);
  bits = _mm512_max_epi32(bits, _mm512_shuffle_i32x4(bits, bits, 0x4E));
  bits = max_in_lanes(_mm512_max_epi32(bits, _mm512_shuffle_i32x4(bits, bits, 0xB1)));
  if (_mm_cvtsi128_si32(_mm512_castsi512_si128(bits)) >= kInfinity) {
    not_finite<kPlanes>(x32, group, block, row);
    return;
  }
  const __m128 scale = _mm_div_ss(_mm_castsi128_ps(_mm512_castsi512_si128(bits)), _mm_set_ss(kLevels<kPlanes>));
  const __m512i shorts = codes(x, _mm512_broadcastss_ps(inverse_of(_mm_castsi128_ps(_mm512_castsi512_si128(bits)), kLevels<kPlanes>)));
  const __m512i some = sums_of_some<kPlanes>(shorts, shorts);
  const __m512i sum = sum_in_lanes(_mm512_add_epi32(some, _mm512_shuffle_i32x4(some, some, 0xB1)));
  const std::int32_t total = _mm_cvtsi128_si32(_mm512_castsi512_si128(sum));
  const std::int64_t at = block * group.rows + row;
  __m256i* const to = reinterpret_cast<__m256i*>(group.q + bytes_of_block(kPlanes) * at);
  if constexpr (kPlanes == Planes::kTwo) {
    const __m512i high = high_plane(shorts);
    const __m512i both = in_order(high, low_plane(shorts, high));
    _mm256_storeu_si256(to, _mm512_castsi512_si256(both));
    _mm256_storeu_si256(to + 1, _mm512_extracti64x4_epi64(both, 1));
  } else {
    _mm256_storeu_si256(to, _mm512_castsi512_si256(in_order(shorts, shorts)));
  }
  group.scale[at] = _mm_cvtss_f32(scale);
  group.sum[at] = _mm_cvtss_f32(scale) * static_cast<float>(total);
  group.negsum[at] = -total;
}

template <Planes kPlanes>
void tiles_of(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block, int rows) noexcept {
  int row = 0;
  for (; row + 4 <= rows; row += 4, low += 64, high += 64) {
    Pair x[4];
    for (int i = 0; i < 4; ++i) x[i] = {_mm512_loadu_ps(low + 16 * i), _mm512_loadu_ps(high + 16 * i)};
    if (four<kPlanes>(x, group, block * group.rows + row, 1)) continue;
    for (int i = 0; i < 4; ++i) {
      alignas(64) float x32[32];
      _mm512_store_ps(x32, x[i].low);
      _mm512_store_ps(x32 + 16, x[i].high);
      not_finite<kPlanes>(x32, group, block, row + i);
    }
  }
  for (; row < rows; ++row, low += 16, high += 16) {
    alignas(64) float x32[32];
    _mm512_store_ps(x32, _mm512_loadu_ps(low));
    _mm512_store_ps(x32 + 16, _mm512_loadu_ps(high));
    one_block<kPlanes>(x32, group, block, row);
  }
}

template <Planes kPlanes>
void row_of(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  const std::int64_t blocks = columns / 32;
  std::int64_t block = 0;
  for (; block + 4 <= blocks; block += 4) four_blocks<kPlanes>(x + 32 * block, group, block, row);
  for (; block < blocks; ++block) one_block<kPlanes>(x + 32 * block, group, block, row);
}

}  // namespace

void quantise_block(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  one_block<Planes::kOne>(x32, group, block, row);
}

void quantise_block_planes(const float* x32, const QuantisedGroup& group, std::int64_t block, int row) noexcept {
  one_block<Planes::kTwo>(x32, group, block, row);
}

void quantise_tiles(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block,
                    int rows) noexcept {
  tiles_of<Planes::kOne>(low, high, group, block, rows);
}

void quantise_tiles_planes(const float* low, const float* high, const QuantisedGroup& group, std::int64_t block,
                           int rows) noexcept {
  tiles_of<Planes::kTwo>(low, high, group, block, rows);
}

void quantise_row(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  row_of<Planes::kOne>(x, columns, group, row);
}

void quantise_row_planes(const float* x, std::int64_t columns, const QuantisedGroup& group, int row) noexcept {
  row_of<Planes::kTwo>(x, columns, group, row);
}

}  // namespace headrace::avx512_vnni
