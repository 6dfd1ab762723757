// Attention over bf16 pages for processors that multiply them (AVX512-BF16): used only after bf16_products() found the
// processor's results to be those of the law.
#if defined(__x86_64__)
#include "cpu/lanes/avx512.h"

#include "cpu/dispatch/pair_kernels.h"
#include "cpu/dispatch/table.h"

namespace headrace {
namespace {

// A type of its own, so that no template compiled here can stand in for one of the tier.
struct Avx512Bf16 : Avx512 {};

struct NativePairs {
  using F = __m512;
  using Vector = __m512i;
  using Factor = __m512i;

  static constexpr int kRows = 12;
  static constexpr int kAccumulators = 24;
  static constexpr int kWideFrom = kBatchRows + 1;
  static constexpr int kStep = 2;

  HEADRACE_LANES Vector load(const std::uint16_t* p) noexcept { return _mm512_loadu_si512(p); }
  HEADRACE_LANES Vector load_last(const std::uint16_t* p) noexcept {
    return _mm512_and_si512(load(p), _mm512_set1_epi32(0xFFFF));
  }
  HEADRACE_LANES Factor factor(const float* p) noexcept { return _mm512_castps_si512(_mm512_set1_ps(*p)); }
  HEADRACE_LANES F multiply(F a, Vector x, Factor y) noexcept {
    return _mm512_dpbf16_ps(a, reinterpret_cast<__m512bh>(x), reinterpret_cast<__m512bh>(y));
  }
  HEADRACE_LANES F round(F p) noexcept { return Avx512::round_pair(p); }
  HEADRACE_LANES void pack(const float* x, int n, float* y) noexcept { pack_pairs<Avx512Bf16>(x, n, y); }
};

void add_pairs(const std::uint32_t* x, const std::uint32_t* y, int n, float* a) noexcept {
  for (int i = 0; i < n; i += 16) {
    _mm512_storeu_ps(a + i, NativePairs::multiply(_mm512_loadu_ps(a + i), _mm512_loadu_si512(x + i),
                                                  _mm512_loadu_si512(y + i)));
  }
}

}  // namespace

extern const NativePairKernels kAvx512Bf16;
constinit const NativePairKernels kAvx512Bf16 = {
    attention_table<Avx512Bf16, NativePairs>(write_pairs<Avx512Bf16>), add_pairs};

}  // namespace headrace
#endif
