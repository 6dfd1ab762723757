// peaks[s] = the largest of x[64 s .. 64 s + 63], the last span as short as n leaves it; a NaN where the span holds a NaN
// or an infinity. Who chooses a token looks at one number for 64 logits and reads only the spans that can matter.
//
// Bits    the largest number is the same in any order but for the sign of zero, so a zero is +0; a NaN is 0x7fc00000.
#pragma once

namespace headrace {

constexpr int kSpan = 64;

// The peak of `n` values, n a multiple of 16 up to kSpan.
template <class V>
float peak_of(const float* x, int n) noexcept {
  const typename V::F zero = V::zero();
  typename V::F most = V::load(x);
  typename V::F sound = V::mul(most, zero);  // 0, or NaN from a lane that is no finite number on
  for (int i = 16; i < n; i += 16) {
    const typename V::F v = V::load(x + i);
    most = V::max(most, v);
    sound = V::fma(v, zero, sound);
  }
  const float s = V::sum(sound);
  return s == s ? V::greatest(most) + 0.0f : __builtin_nanf("");
}

template <class V>
void peaks(const float* x, long n, float* y) noexcept {
  for (; n >= kSpan; n -= kSpan, x += kSpan) *y++ = peak_of<V>(x, kSpan);
  if (n == 0) return;
  alignas(64) float rest[kSpan];
  for (int i = 0; i < kSpan; ++i) rest[i] = i < n ? x[i] : x[0];  // repeating a value changes no maximum
  *y = peak_of<V>(rest, kSpan);
}

}  // namespace headrace
