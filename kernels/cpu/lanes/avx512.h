// Sixteen float lanes in one 512-bit register; portable.h describes the interface. Only avx512*.cpp files may include
// this.
#pragma once
#include <immintrin.h>

#include <cstdint>

#define HEADRACE_LANES static inline __attribute__((always_inline))

namespace headrace {

struct Avx512 {
  using F = __m512;

  static constexpr int kMicroRows = 12;
  static constexpr int kAccumulators = 24;
  static constexpr int kWideRows = 6;
  static constexpr int kWideVectors = 4;
  static constexpr int kWideFrom = 64;
  static constexpr int kSoftmaxRows = 4;
  static constexpr int kPairRows = 6;
  static constexpr int kPairAccumulators = 18;

  HEADRACE_LANES F zero() noexcept { return _mm512_setzero_ps(); }
  HEADRACE_LANES F set(float x) noexcept { return _mm512_set1_ps(x); }
  HEADRACE_LANES F load(const float* p) noexcept { return _mm512_loadu_ps(p); }
  HEADRACE_LANES void store(float* p, F a) noexcept { _mm512_storeu_ps(p, a); }
  HEADRACE_LANES F load_half(const std::uint16_t* p) noexcept {
    return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  HEADRACE_LANES void store_half(std::uint16_t* p, F a) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
  }
  // bf16 in the lower halves of 32-bit lanes.
  HEADRACE_LANES __m512i pair_halves(F a) noexcept {
    const __m512i bits = _mm512_castps_si512(flush(a));
    const __m512i upper = _mm512_srli_epi32(bits, 16);
    const __m512i up = _mm512_add_epi32(_mm512_and_si512(upper, _mm512_set1_epi32(1)), _mm512_set1_epi32(0x7FFF));
    const __m512i rounded = _mm512_srli_epi32(_mm512_add_epi32(bits, up), 16);
    const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
    return _mm512_mask_or_epi32(rounded, nan, upper, _mm512_set1_epi32(0x40));
  }
  HEADRACE_LANES void store_pair_half(std::uint16_t* p, F a) noexcept {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(pair_halves(a)));
  }
  HEADRACE_LANES F round_pair(F a) noexcept { return _mm512_castsi512_ps(_mm512_slli_epi32(pair_halves(a), 16)); }
  HEADRACE_LANES F load_even(const std::uint16_t* p) noexcept {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(p), 16));
  }
  HEADRACE_LANES F load_odd(const std::uint16_t* p) noexcept {
    return _mm512_castsi512_ps(
        _mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
  HEADRACE_LANES F set_even(const float* word) noexcept {
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(_mm512_set1_ps(*word)), 16));
  }
  HEADRACE_LANES F set_odd(const float* word) noexcept {
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(_mm512_set1_ps(*word)),
                                                _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))));
  }
  HEADRACE_LANES F flush(F a) noexcept {
    constexpr int kSubnormal = 0x20;
    return _mm512_mask_and_ps(a, _mm512_fpclass_ps_mask(a, kSubnormal), a, _mm512_set1_ps(-0.0f));
  }
  HEADRACE_LANES F add(F a, F b) noexcept { return _mm512_add_ps(a, b); }
  HEADRACE_LANES F sub(F a, F b) noexcept { return _mm512_sub_ps(a, b); }
  HEADRACE_LANES F mul(F a, F b) noexcept { return _mm512_mul_ps(a, b); }
  HEADRACE_LANES F div(F a, F b) noexcept { return _mm512_div_ps(a, b); }
  HEADRACE_LANES F fma(F a, F b, F c) noexcept { return _mm512_fmadd_ps(a, b, c); }
  HEADRACE_LANES F max(F a, F b) noexcept { return _mm512_max_ps(a, b); }
  HEADRACE_LANES F abs(F a) noexcept { return _mm512_andnot_ps(_mm512_set1_ps(-0.0f), a); }
  HEADRACE_LANES F neg(F a) noexcept { return _mm512_xor_ps(_mm512_set1_ps(-0.0f), a); }
  HEADRACE_LANES F rint(F a) noexcept { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
  HEADRACE_LANES F select_less(F a, F b, F x, F y) noexcept {
    return _mm512_mask_mov_ps(y, _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), x);
  }
  HEADRACE_LANES F scale(F p, F n) noexcept { return _mm512_scalef_ps(p, n); }
  HEADRACE_LANES __mmask16 mask(int n) noexcept {
    return static_cast<__mmask16>(n >= 16 ? 0xFFFFu : n <= 0 ? 0u : (1u << n) - 1u);
  }
  HEADRACE_LANES F first(int n, F v) noexcept { return _mm512_maskz_mov_ps(mask(n), v); }
  HEADRACE_LANES F first_or(int n, F v, F w) noexcept { return _mm512_mask_mov_ps(w, mask(n), v); }
  HEADRACE_LANES F swap_pairs(F a) noexcept { return _mm512_permute_ps(a, 0xB1); }
  HEADRACE_LANES __m256 upper(F a) noexcept { return _mm512_extractf32x8_ps(a, 1); }
  HEADRACE_LANES float sum(F a) noexcept {
    const __m256 t8 = _mm256_add_ps(_mm512_castps512_ps256(a), upper(a));
    const __m128 t4 = _mm_add_ps(_mm256_castps256_ps128(t8), _mm256_extractf128_ps(t8, 1));
    const __m128 t2 = _mm_add_ps(t4, _mm_movehl_ps(t4, t4));
    return _mm_cvtss_f32(_mm_add_ss(t2, _mm_movehdup_ps(t2)));
  }
  HEADRACE_LANES float greatest(F a) noexcept {
    const __m256 t8 = _mm256_max_ps(_mm512_castps512_ps256(a), upper(a));
    const __m128 t4 = _mm_max_ps(_mm256_castps256_ps128(t8), _mm256_extractf128_ps(t8, 1));
    const __m128 t2 = _mm_max_ps(t4, _mm_movehl_ps(t4, t4));
    return _mm_cvtss_f32(_mm_max_ss(t2, _mm_movehdup_ps(t2)));
  }
  struct Wide {
    __m512d a;
    __m512d b;
  };
  HEADRACE_LANES Wide zero_wide() noexcept { return {_mm512_setzero_pd(), _mm512_setzero_pd()}; }
  HEADRACE_LANES Wide add_wide(Wide s, F v) noexcept {
    return {_mm512_add_pd(s.a, _mm512_cvtps_pd(_mm512_castps512_ps256(v))),
            _mm512_add_pd(s.b, _mm512_cvtps_pd(upper(v)))};
  }
  HEADRACE_LANES double sum_wide(Wide s) noexcept { return _mm512_reduce_add_pd(_mm512_add_pd(s.a, s.b)); }
  HEADRACE_LANES int keep_from(F a, F least, float* p) noexcept {
    const __mmask16 kept = _mm512_cmp_ps_mask(a, least, _CMP_GE_OQ);
    _mm512_storeu_ps(p, _mm512_maskz_compress_ps(kept, a));
    return __builtin_popcount(kept);
  }
  HEADRACE_LANES void prefetch(const void* p) noexcept { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }
};

}  // namespace headrace
