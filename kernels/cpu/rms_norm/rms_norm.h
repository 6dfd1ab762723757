// y = x / sqrt(mean(x^2) + eps) * w over n values, n a multiple of 16; y may be x.
//
// Order   two accumulators of 16 lanes over steps of 32 (a tail of 16 goes to the first), added, then the law's tree:
//         32 chains, so the sum's relative error is at most (n / 32 + 6) * 2^-24.
#pragma once

namespace headrace {

template <class V>
void rms_norm(const float* x, const float* w, long n, float eps, float* y) noexcept {
  typename V::F even = V::zero();
  typename V::F odd = V::zero();
  long i = 0;
  for (; i + 32 <= n; i += 32) {
    const typename V::F a = V::load(x + i);
    const typename V::F b = V::load(x + i + 16);
    even = V::fma(a, a, even);
    odd = V::fma(b, b, odd);
  }
  if (i < n) {
    const typename V::F a = V::load(x + i);
    even = V::fma(a, a, even);
  }
  const float mean = V::sum(V::add(even, odd)) / static_cast<float>(n);
  const typename V::F inverse = V::set(1.0f / __builtin_sqrtf(mean + eps));
  for (long j = 0; j < n; j += 16) V::store(y + j, V::mul(V::mul(V::load(x + j), inverse), V::load(w + j)));
}

}  // namespace headrace
