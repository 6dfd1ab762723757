// Sixteen float lanes without any instruction set: arrays and loops. Same interface and same bits as avx2.h and
// avx512.h.
//
// The interface every lanes type has (F: sixteen floats; all functions work lane by lane unless they say otherwise):
//   zero set load store            set: one value in all lanes; no alignment required anywhere
//   load_half store_half           binary16, stores round to nearest even
//   store_pair_half, round_pair    bf16 by the law of pairs (cpu/half/pair.h): stored, or as a float
//   load_even load_odd             lower and upper halves of 16 words of bf16 pairs
//   set_even set_odd               one word's half in all lanes
//   flush                          subnormals become zeros of their sign
//   add sub mul div fma            fma(a, b, c) = a * b + c, rounded once
//   max                            a > b ? a : b (so b where either is a NaN)
//   abs neg rint                   rint: nearest even
//   select_less(a, b, x, y)        a < b ? x : y
//   scale(p, n)                    p * 2^n for integral n in [-126, 127]
//   first(n, v)                    lanes below n (any int) keep their value, the others become +0
//   first_or(n, v, w)              the others become w's lanes
//   swap_pairs                     lanes 2i and 2i + 1 change places
//   sum, greatest                  over the lanes; sum by the law's tree of halves
//   Wide, zero_wide, add_wide(s, v), sum_wide     sums of lanes in double, for integers: exact, so in no order
//   keep_from(v, least, p)         stores the lanes of at least `least` together, in order; returns how many; may write all 16
//   prefetch(p)                    the line of p into the nearest cache; never faults
// and the shapes its registers allow: kMicroRows (most rows of a micro-kernel), kAccumulators, kSoftmaxRows
// (rows whose maxima and sums are taken side by side), the first two for pairs, and kWideRows x kWideVectors, what a
// micro-kernel takes whose vectors need no conversion, from kWideFrom rows on.
#pragma once
#include "cpu/half/half.h"
#include "cpu/half/pair.h"

namespace headrace {

struct Portable {
  struct F {
    float v[16];
  };

  static constexpr int kMicroRows = 4;
  static constexpr int kAccumulators = 4;
  static constexpr int kWideRows = 4;
  static constexpr int kWideVectors = 1;
  static constexpr int kWideFrom = 24;
  static constexpr int kSoftmaxRows = 1;
  static constexpr int kPairRows = 4;
  static constexpr int kPairAccumulators = 4;

  template <class Lane>
  static inline F make(Lane lane) noexcept {
    F f;
    for (int i = 0; i < 16; ++i) f.v[i] = lane(i);
    return f;
  }

  static inline F zero() noexcept { return set(0.0f); }
  static inline F set(float x) noexcept {
    return make([x](int) { return x; });
  }
  static inline F load(const float* p) noexcept {
    return make([p](int i) { return p[i]; });
  }
  static inline void store(float* p, const F& a) noexcept {
    for (int i = 0; i < 16; ++i) p[i] = a.v[i];
  }
  static inline F load_half(const std::uint16_t* p) noexcept {
    return make([p](int i) { return half_to_float(p[i]); });
  }
  static inline void store_half(std::uint16_t* p, const F& a) noexcept {
    for (int i = 0; i < 16; ++i) p[i] = float_to_half(a.v[i]);
  }
  static inline void store_pair_half(std::uint16_t* p, const F& a) noexcept {
    std::uint16_t half[16];
    for (int i = 0; i < 16; ++i) half[i] = to_pair_half(a.v[i]);
    __builtin_memcpy(p, half, sizeof half);
  }
  static inline F round_pair(const F& a) noexcept {
    return make([&](int i) { return from_pair_half(to_pair_half(a.v[i])); });
  }
  static inline F load_even(const std::uint16_t* p) noexcept {
    return make([p](int i) { return from_pair_half(p[2 * i]); });
  }
  static inline F load_odd(const std::uint16_t* p) noexcept {
    return make([p](int i) { return from_pair_half(p[2 * i + 1]); });
  }
  static inline F set_even(const float* word) noexcept {
    return set(__builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, *word) << 16));
  }
  static inline F set_odd(const float* word) noexcept {
    return set(__builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, *word) & 0xFFFF0000u));
  }
  static inline F flush(const F& a) noexcept {
    return make([&](int i) { return flushed(a.v[i]); });
  }
  static inline F add(const F& a, const F& b) noexcept {
    return make([&](int i) { return a.v[i] + b.v[i]; });
  }
  static inline F sub(const F& a, const F& b) noexcept {
    return make([&](int i) { return a.v[i] - b.v[i]; });
  }
  static inline F mul(const F& a, const F& b) noexcept {
    return make([&](int i) { return a.v[i] * b.v[i]; });
  }
  static inline F div(const F& a, const F& b) noexcept {
    return make([&](int i) { return a.v[i] / b.v[i]; });
  }
  static inline F fma(const F& a, const F& b, const F& c) noexcept {
    return make([&](int i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
  }
  static inline F max(const F& a, const F& b) noexcept {
    return make([&](int i) { return a.v[i] > b.v[i] ? a.v[i] : b.v[i]; });
  }
  static inline F abs(const F& a) noexcept {
    return make([&](int i) { return __builtin_fabsf(a.v[i]); });
  }
  static inline F neg(const F& a) noexcept {
    return make([&](int i) { return -a.v[i]; });
  }
  static inline F rint(const F& a) noexcept {
    return make([&](int i) { return __builtin_rintf(a.v[i]); });
  }
  static inline F select_less(const F& a, const F& b, const F& x, const F& y) noexcept {
    return make([&](int i) { return a.v[i] < b.v[i] ? x.v[i] : y.v[i]; });
  }
  static inline F scale(const F& p, const F& n) noexcept {
    return make([&](int i) {
      const float k = n.v[i];
      // A NaN or an exponent out of range has no power of two; the caller drops such lanes or they are NaN already.
      const int e = k >= -126.0f && k <= 127.0f ? static_cast<int>(k) : 0;
      return p.v[i] * __builtin_bit_cast(float, (e + 127) << 23);
    });
  }
  static inline F first(int n, const F& v) noexcept {
    return make([&](int i) { return i < n ? v.v[i] : 0.0f; });
  }
  static inline F first_or(int n, const F& v, const F& w) noexcept {
    return make([&](int i) { return i < n ? v.v[i] : w.v[i]; });
  }
  static inline F swap_pairs(const F& a) noexcept {
    return make([&](int i) { return a.v[i ^ 1]; });
  }
  static inline float sum(const F& a) noexcept {
    F t = a;
    for (int half = 8; half >= 1; half /= 2) {
      for (int i = 0; i < half; ++i) t.v[i] = t.v[i] + t.v[i + half];
    }
    return t.v[0];
  }
  static inline float greatest(const F& a) noexcept {
    F t = a;
    for (int half = 8; half >= 1; half /= 2) {
      for (int i = 0; i < half; ++i) t.v[i] = t.v[i] > t.v[i + half] ? t.v[i] : t.v[i + half];
    }
    return t.v[0];
  }
  struct Wide {
    double v[16];
  };
  static inline Wide zero_wide() noexcept { return {}; }
  static inline Wide add_wide(const Wide& s, const F& a) noexcept {
    Wide t;
    for (int i = 0; i < 16; ++i) t.v[i] = s.v[i] + static_cast<double>(a.v[i]);
    return t;
  }
  static inline double sum_wide(const Wide& s) noexcept {
    double sum = 0.0;
    for (const double x : s.v) sum += x;
    return sum;
  }
  static inline int keep_from(const F& a, const F& least, float* p) noexcept {
    int kept = 0;
    for (int i = 0; i < 16; ++i) {
      p[kept] = a.v[i];
      kept += a.v[i] >= least.v[i] ? 1 : 0;
    }
    return kept;
  }
  static inline void prefetch(const void* p) noexcept { __builtin_prefetch(p); }
};

}  // namespace headrace
