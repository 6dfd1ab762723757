#include "cpu/dispatch/row_kernels.h"

#include "cpu/tier.h"

namespace headrace {

extern const RowKernels kScalarRows;
#if defined(__x86_64__)
extern const RowKernels kAvx2Rows;
extern const RowKernels kAvx512Rows;
#endif

const RowKernels& row_kernels(std::int32_t tier) noexcept {
#if defined(__x86_64__)
  if (tier == HR_TIER_AVX512_VNNI) return kAvx512Rows;
  if (tier == HR_TIER_AVX2) return kAvx2Rows;
#endif
  static_cast<void>(tier);
  return kScalarRows;
}

}  // namespace headrace
