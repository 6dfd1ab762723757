#include <cmath>

#include "abi/team.h"
#include "cpu/dispatch/row_kernels.h"

namespace {

bool is_row(std::int64_t count) { return count >= 1 && count <= HR_MOST_WEIGHED; }

}  // namespace

extern "C" hr_status hr_weigh(const hr_team* team, const float* values, int64_t count, float largest, float inverse,
                              float least, float* weights, int64_t* sums) {
  if (team == nullptr || values == nullptr || weights == nullptr || sums == nullptr) return HR_NULL_POINTER;
  if (!is_row(count) || !std::isfinite(largest) || !std::isfinite(inverse) || !(inverse > 0.0f) || !(least >= 0.0f))
    return HR_BAD_SHAPE;
  const headrace::Weighing how{largest, inverse, least};
  headrace::row_kernels(team->team.tier()).weigh(values, static_cast<long>(count), how, weights, sums);
  return HR_OK;
}

extern "C" hr_status hr_entropy(const hr_team* team, const float* values, int64_t count, float largest, int64_t* sums) {
  if (team == nullptr || values == nullptr || sums == nullptr) return HR_NULL_POINTER;
  if (!is_row(count) || !std::isfinite(largest)) return HR_BAD_SHAPE;
  const headrace::EntropySums found =
      headrace::row_kernels(team->team.tier()).entropy_sums(values, static_cast<long>(count), largest);
  sums[0] = found.mass;
  sums[1] = found.loss;
  return HR_OK;
}

extern "C" hr_status hr_cut_nucleus(const hr_team* team, const float* weights, int64_t count, int64_t needed,
                                    int64_t* sums, int32_t* scratch, hr_nucleus* nucleus) {
  if (team == nullptr || weights == nullptr || sums == nullptr || scratch == nullptr || nucleus == nullptr)
    return HR_NULL_POINTER;
  if (!is_row(count)) return HR_BAD_SHAPE;
  std::int64_t total = 0;
  for (std::int64_t span = 0; span * HR_SPAN < count; ++span) total += sums[span];
  if (needed < 1 || needed > total) return HR_BAD_SHAPE;
  const headrace::Nucleus found = headrace::row_kernels(team->team.tier())
                                      .cut_nucleus(weights, static_cast<long>(count), total, needed, sums, scratch);
  *nucleus = {found.least, found.last, found.mass};
  return HR_OK;
}
