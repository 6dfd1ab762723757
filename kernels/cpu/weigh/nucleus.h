// The fewest and heaviest of a row's weights that reach a mass together; of equal ones those that come first. Their sums are
// exact, so what is chosen does not depend on how it is found.
//
// Found   by the upper bits of the weights: a first look adds them up in buckets of 1/64 of a power of two and finds the
//         one in which the mass is reached; a second sums what lies above and lists the few entries of that bucket,
//         which two more looks at their lower bits put in order.
#pragma once
#include <cstdint>

#include "cpu/peaks/peaks.h"

namespace headrace {

struct Nucleus {
  float least;         // the smallest weight of the nucleus
  std::int32_t last;   // the last entry of that weight that belongs to it
  std::int64_t mass;   // its sum
};

// Weights are integers below 2^42 and none is negative. The bits of those above 0, as of any floats above 0, ascend as they do.
constexpr int kUpperShift = 17;
constexpr std::uint32_t kUpperFirst = 0x3F800000u >> kUpperShift;  // of a weight of 1
constexpr int kUpperBuckets = 42 * 64;

template <class V>
inline std::uint32_t weight_bits(float w) noexcept {
  return __builtin_bit_cast(std::uint32_t, w);
}

// Adds `count` weights, each at least 1, to the buckets of their upper bits.
template <class V>
inline void add_to_buckets(const float* w, int count, std::int64_t* mass) noexcept {
  for (int i = 0; i < count; ++i) {
    mass[(weight_bits<V>(w[i]) >> kUpperShift) - kUpperFirst] += static_cast<std::int64_t>(w[i]);
  }
}

// The bucket in which the sum from the last one down reaches `needed`; *above = the sum of those behind it.
template <class V>
inline int bucket_that_reaches(const std::int64_t* mass, int buckets, std::int64_t needed, std::int64_t* above) noexcept {
  int b = buckets - 1;
  for (; b > 0 && *above + mass[b] < needed; --b) *above += mass[b];
  return b;
}

// Of weights w[0 .. n) with the sums `sums` of their spans, `total` together, those that reach `needed`, 1 .. total. Afterwards
// `sums` are those of the nucleus. `ids`: n words to work in.
template <class V>
Nucleus cut_nucleus(const float* w, long n, std::int64_t total, std::int64_t needed, std::int64_t* sums,
                    std::int32_t* ids) noexcept {
  using F = typename V::F;
  // Entries below (total - needed) / n hold less than total - needed together: they are not needed. A little less for
  // the rounding to float.
  const float share = static_cast<float>((total - needed) / n) * 0.999999f;
  const F floor = V::set(share < 1.0f ? 1.0f : share);
  constexpr int kRoom = 1024;
  std::int64_t mass[kUpperBuckets] = {};
  float kept[kRoom + 16];
  float part[16];
  int count = 0;
  for (long i = 0; i < n; i += 16) {
    const float* from = w + i;
    if (n - i < 16) {
      for (int j = 0; j < 16; ++j) part[j] = i + j < n ? w[i + j] : 0.0f;
      from = part;
    }
    count += V::keep_from(V::load(from), floor, kept + count);
    if (count < kRoom - 16) continue;
    add_to_buckets<V>(kept, count, mass);
    count = 0;
  }
  add_to_buckets<V>(kept, count, mass);

  std::int64_t above = 0;
  const int bucket = bucket_that_reaches<V>(mass, kUpperBuckets, needed, &above);
  const std::uint32_t first = (static_cast<std::uint32_t>(bucket) + kUpperFirst) << kUpperShift;
  const float low_end = __builtin_bit_cast(float, first);
  const float high_end = __builtin_bit_cast(float, first + (1u << kUpperShift));
  const F low = V::set(low_end);
  const F high = V::set(high_end);
  int listed = 0;
  for (long span = 0; span * kSpan < n; ++span) {
    typename V::Wide sum = V::zero_wide();
    for (long i = span * kSpan; i < (span + 1) * kSpan && i < n; i += 16) {
      const float* from = w + i;
      if (n - i < 16) {
        for (int j = 0; j < 16; ++j) part[j] = i + j < n ? w[i + j] : 0.0f;
        from = part;
      }
      const F v = V::load(from);
      sum = V::add_wide(sum, V::select_less(v, high, V::zero(), v));
      if (V::keep_from(V::select_less(v, high, v, V::zero()), low, kept) == 0) continue;
      for (int j = 0; j < 16; ++j) {
        ids[listed] = static_cast<std::int32_t>(i) + j;
        listed += from[j] >= low_end && from[j] < high_end ? 1 : 0;
        if (i + j + 1 == n) break;
      }
    }
    sums[span] = static_cast<std::int64_t>(V::sum_wide(sum));
  }

  // The listed entries agree in their upper bits; nine more, then the last eight.
  for (int shift = 8; shift >= 0; shift -= 8) {
    const int buckets = shift == 8 ? 1 << 9 : 1 << 8;
    const std::uint32_t mask = static_cast<std::uint32_t>(buckets - 1);
    for (int b = 0; b < buckets; ++b) mass[b] = 0;
    for (int i = 0; i < listed; ++i) {
      const float x = w[ids[i]];
      mass[weight_bits<V>(x) >> shift & mask] += static_cast<std::int64_t>(x);
    }
    const std::uint32_t reached = static_cast<std::uint32_t>(bucket_that_reaches<V>(mass, buckets, needed, &above));
    int left = 0;
    for (int i = 0; i < listed; ++i) {
      const std::int32_t id = ids[i];
      const std::uint32_t b = weight_bits<V>(w[id]) >> shift & mask;
      if (b > reached) sums[id / kSpan] += static_cast<std::int64_t>(w[id]);
      ids[left] = id;
      left += b == reached ? 1 : 0;
    }
    listed = left;
  }
  // All that are left weigh the same.
  const std::int64_t each = static_cast<std::int64_t>(w[ids[0]]);
  int taken = 0;
  do {
    sums[ids[taken++] / kSpan] += each;
    above += each;
  } while (above < needed);
  return {w[ids[0]], ids[taken - 1], above};
}

}  // namespace headrace
