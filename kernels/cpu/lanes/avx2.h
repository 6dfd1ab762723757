// Sixteen float lanes in two 256-bit registers; portable.h describes the interface. Only avx2.cpp files may include
// this.
#pragma once
#include <immintrin.h>

#include <cstdint>

#define HEADRACE_LANES static inline __attribute__((always_inline))

namespace headrace {

struct Avx2 {
  struct F {
    __m256 lo;
    __m256 hi;
  };

  static constexpr int kMicroRows = 3;
  static constexpr int kAccumulators = 6;
  static constexpr int kWideRows = 3;
  static constexpr int kWideVectors = 2;
  static constexpr int kWideFrom = 24;
  static constexpr int kSoftmaxRows = 1;
  static constexpr int kPairRows = 3;
  static constexpr int kPairAccumulators = 3;

  HEADRACE_LANES F zero() noexcept { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
  HEADRACE_LANES F set(float x) noexcept { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
  HEADRACE_LANES F load(const float* p) noexcept { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
  HEADRACE_LANES void store(float* p, F a) noexcept {
    _mm256_storeu_ps(p, a.lo);
    _mm256_storeu_ps(p + 8, a.hi);
  }
  HEADRACE_LANES F load_half(const std::uint16_t* p) noexcept {
    return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))),
            _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 8)))};
  }
  HEADRACE_LANES void store_half(std::uint16_t* p, F a) noexcept {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(a.lo, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8), _mm256_cvtps_ph(a.hi, _MM_FROUND_TO_NEAREST_INT));
  }
  // bf16 in the lower halves of 32-bit lanes.
  HEADRACE_LANES __m256i pair_halves(__m256 a) noexcept {
    const __m256i bits = _mm256_castps_si256(flush(a));
    const __m256i upper = _mm256_srli_epi32(bits, 16);
    const __m256i up = _mm256_add_epi32(_mm256_and_si256(upper, _mm256_set1_epi32(1)), _mm256_set1_epi32(0x7FFF));
    const __m256i rounded = _mm256_srli_epi32(_mm256_add_epi32(bits, up), 16);
    const __m256i quiet = _mm256_or_si256(upper, _mm256_set1_epi32(0x40));
    return _mm256_blendv_epi8(rounded, quiet, _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q)));
  }
  HEADRACE_LANES void store_pair_half(std::uint16_t* p, F a) noexcept {
    const __m256i mixed = _mm256_packus_epi32(pair_halves(a.lo), pair_halves(a.hi));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(mixed, 0xD8));
  }
  HEADRACE_LANES F round_pair(F a) noexcept {
    return {_mm256_castsi256_ps(_mm256_slli_epi32(pair_halves(a.lo), 16)),
            _mm256_castsi256_ps(_mm256_slli_epi32(pair_halves(a.hi), 16))};
  }
  HEADRACE_LANES __m256 even(__m256i words) noexcept { return _mm256_castsi256_ps(_mm256_slli_epi32(words, 16)); }
  HEADRACE_LANES __m256 odd(__m256i words) noexcept {
    return _mm256_castsi256_ps(_mm256_and_si256(words, _mm256_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
  HEADRACE_LANES __m256i words(const std::uint16_t* p) noexcept {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  HEADRACE_LANES F load_even(const std::uint16_t* p) noexcept { return {even(words(p)), even(words(p + 16))}; }
  HEADRACE_LANES F load_odd(const std::uint16_t* p) noexcept { return {odd(words(p)), odd(words(p + 16))}; }
  HEADRACE_LANES F set_even(const float* word) noexcept {
    const __m256 all = even(_mm256_castps_si256(_mm256_set1_ps(*word)));
    return {all, all};
  }
  HEADRACE_LANES F set_odd(const float* word) noexcept {
    const __m256 all = odd(_mm256_castps_si256(_mm256_set1_ps(*word)));
    return {all, all};
  }
  HEADRACE_LANES __m256 flush(__m256 a) noexcept {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    const __m256 small = _mm256_cmp_ps(_mm256_andnot_ps(sign, a), _mm256_set1_ps(0x1p-126f), _CMP_LT_OQ);
    return _mm256_blendv_ps(a, _mm256_and_ps(a, sign), small);
  }
  HEADRACE_LANES F flush(F a) noexcept { return {flush(a.lo), flush(a.hi)}; }
  HEADRACE_LANES F add(F a, F b) noexcept { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
  HEADRACE_LANES F sub(F a, F b) noexcept { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
  HEADRACE_LANES F mul(F a, F b) noexcept { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
  HEADRACE_LANES F div(F a, F b) noexcept { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
  HEADRACE_LANES F fma(F a, F b, F c) noexcept {
    return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
  }
  HEADRACE_LANES F max(F a, F b) noexcept { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
  HEADRACE_LANES F abs(F a) noexcept {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_andnot_ps(sign, a.lo), _mm256_andnot_ps(sign, a.hi)};
  }
  HEADRACE_LANES F neg(F a) noexcept {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_xor_ps(sign, a.lo), _mm256_xor_ps(sign, a.hi)};
  }
  HEADRACE_LANES F rint(F a) noexcept {
    return {_mm256_round_ps(a.lo, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC),
            _mm256_round_ps(a.hi, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
  }
  HEADRACE_LANES F select_less(F a, F b, F x, F y) noexcept {
    return {_mm256_blendv_ps(y.lo, x.lo, _mm256_cmp_ps(a.lo, b.lo, _CMP_LT_OQ)),
            _mm256_blendv_ps(y.hi, x.hi, _mm256_cmp_ps(a.hi, b.hi, _CMP_LT_OQ))};
  }
  HEADRACE_LANES __m256 power(__m256 n) noexcept {
    const __m256i biased = _mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
  }
  HEADRACE_LANES F scale(F p, F n) noexcept {
    return {_mm256_mul_ps(p.lo, power(n.lo)), _mm256_mul_ps(p.hi, power(n.hi))};
  }
  HEADRACE_LANES F mask(int n) noexcept {
    const __m256i count = _mm256_set1_epi32(n);
    return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(count, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))),
            _mm256_castsi256_ps(_mm256_cmpgt_epi32(count, _mm256_setr_epi32(8, 9, 10, 11, 12, 13, 14, 15)))};
  }
  HEADRACE_LANES F first(int n, F v) noexcept {
    const F m = mask(n);
    return {_mm256_and_ps(m.lo, v.lo), _mm256_and_ps(m.hi, v.hi)};
  }
  HEADRACE_LANES F first_or(int n, F v, F w) noexcept {
    const F m = mask(n);
    return {_mm256_blendv_ps(w.lo, v.lo, m.lo), _mm256_blendv_ps(w.hi, v.hi, m.hi)};
  }
  HEADRACE_LANES F swap_pairs(F a) noexcept { return {_mm256_permute_ps(a.lo, 0xB1), _mm256_permute_ps(a.hi, 0xB1)}; }
  HEADRACE_LANES float sum(F a) noexcept {
    const __m256 t8 = _mm256_add_ps(a.lo, a.hi);
    const __m128 t4 = _mm_add_ps(_mm256_castps256_ps128(t8), _mm256_extractf128_ps(t8, 1));
    const __m128 t2 = _mm_add_ps(t4, _mm_movehl_ps(t4, t4));
    return _mm_cvtss_f32(_mm_add_ss(t2, _mm_movehdup_ps(t2)));
  }
  HEADRACE_LANES float greatest(F a) noexcept {
    const __m256 t8 = _mm256_max_ps(a.lo, a.hi);
    const __m128 t4 = _mm_max_ps(_mm256_castps256_ps128(t8), _mm256_extractf128_ps(t8, 1));
    const __m128 t2 = _mm_max_ps(t4, _mm_movehl_ps(t4, t4));
    return _mm_cvtss_f32(_mm_max_ss(t2, _mm_movehdup_ps(t2)));
  }
  struct Wide {
    __m256d a;
    __m256d b;
  };
  HEADRACE_LANES Wide zero_wide() noexcept { return {_mm256_setzero_pd(), _mm256_setzero_pd()}; }
  HEADRACE_LANES __m256d low_wide(__m256 v) noexcept { return _mm256_cvtps_pd(_mm256_castps256_ps128(v)); }
  HEADRACE_LANES __m256d high_wide(__m256 v) noexcept { return _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)); }
  HEADRACE_LANES Wide add_wide(Wide s, F v) noexcept {
    return {_mm256_add_pd(_mm256_add_pd(s.a, low_wide(v.lo)), low_wide(v.hi)),
            _mm256_add_pd(_mm256_add_pd(s.b, high_wide(v.lo)), high_wide(v.hi))};
  }
  HEADRACE_LANES double sum_wide(Wide s) noexcept {
    const __m256d t4 = _mm256_add_pd(s.a, s.b);
    const __m128d t2 = _mm_add_pd(_mm256_castpd256_pd128(t4), _mm256_extractf128_pd(t4, 1));
    return _mm_cvtsd_f64(_mm_add_sd(t2, _mm_unpackhi_pd(t2, t2)));
  }
  HEADRACE_LANES int keep_from(F a, F least, float* p) noexcept {
    const unsigned lo = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(a.lo, least.lo, _CMP_GE_OQ)));
    const unsigned hi = static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(a.hi, least.hi, _CMP_GE_OQ)));
    const unsigned kept = lo | hi << 8;
    if (kept == 0) return 0;
    float v[16];
    store(v, a);
    int count = 0;
    for (int i = 0; i < 16; ++i) {
      p[count] = v[i];
      count += static_cast<int>(kept >> i & 1u);
    }
    return count;
  }
  HEADRACE_LANES void prefetch(const void* p) noexcept { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
};

}  // namespace headrace
