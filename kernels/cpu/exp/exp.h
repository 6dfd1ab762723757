// exp for x <= 0 and SiLU for any x, one lane at a time and the same in every tier (the constants are the law's).
//
// Range   exp: [-87, 0], relative error at most 2 ulp, exp(0) = 1 exactly, below -87 +0 (so no subnormals arise), NaN
//         stays NaN; above 0 it is not used. silu never overflows: its exponential sees -|x|.
#pragma once

namespace headrace {

template <class V>
inline typename V::F exp_lanes(typename V::F x) noexcept {
  using F = typename V::F;
  const F n = V::rint(V::mul(x, V::set(1.44269504f)));
  F r = V::fma(n, V::set(-0.693359375f), x);
  r = V::fma(n, V::set(2.12194440e-4f), r);
  F p = V::set(1.9875691500e-4f);
  p = V::fma(p, r, V::set(1.3981999507e-3f));
  p = V::fma(p, r, V::set(8.3334519073e-3f));
  p = V::fma(p, r, V::set(4.1665795894e-2f));
  p = V::fma(p, r, V::set(1.6666665459e-1f));
  p = V::fma(p, r, V::set(5.0000001201e-1f));
  const F e = V::fma(p, V::mul(r, r), V::add(r, V::set(1.0f)));
  return V::select_less(x, V::set(-87.0f), V::zero(), V::scale(e, n));
}

template <class V>
inline typename V::F silu_lanes(typename V::F x) noexcept {
  using F = typename V::F;
  const F one = V::set(1.0f);
  const F e = exp_lanes<V>(V::neg(V::abs(x)));
  return V::mul(x, V::div(V::select_less(x, V::zero(), e, one), V::add(one, e)));
}

// y[i] = exp(x[i]) and y[i] = silu(x[i]), n a multiple of 16.
template <class V>
void exp_row(const float* x, long n, float* y) noexcept {
  for (long i = 0; i < n; i += 16) V::store(y + i, exp_lanes<V>(V::load(x + i)));
}

template <class V>
void silu_row(const float* x, long n, float* y) noexcept {
  for (long i = 0; i < n; i += 16) V::store(y + i, silu_lanes<V>(V::load(x + i)));
}

}  // namespace headrace
