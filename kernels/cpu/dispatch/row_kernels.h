// Everything a pass calls besides matrix products, one table per tier. Every entry is described where its template is;
// all are noexcept, start no thread, allocate nothing and give the same bits in every tier.
#pragma once
#include <cstdint>

#include "cpu/attention/attention.h"
#include "cpu/probe/probe.h"
#include "cpu/weigh/entropy.h"
#include "cpu/weigh/nucleus.h"
#include "cpu/weigh/weigh.h"

namespace headrace {

struct RowKernels {
  void (*exp)(const float* x, long n, float* y) noexcept;   // cpu/exp
  void (*silu)(const float* x, long n, float* y) noexcept;  // cpu/exp
  void (*rms_norm)(const float* x, const float* w, long n, float eps, float* y) noexcept;
  void (*gate)(const float* g, const float* u, long n, float* h) noexcept;
  void (*rope[2])(float* x, int head_dim, const float* cos, const float* sin, bool scaled,
                  float scale) noexcept;                                 // by HR_ROPE_*
  void (*to_half)(const float* x, long n, std::uint16_t* y) noexcept;    // n a multiple of 16
  void (*from_half)(const std::uint16_t* x, long n, float* y) noexcept;  // n a multiple of 16
  void (*store_tile)(const float* out, int count, int lanes, const float* bias, bool accumulate, float* target,
                     long stride) noexcept;
  void (*peaks)(const float* x, long n, float* y) noexcept;  // cpu/peaks
  float (*greatest)(const float* x, long n) noexcept;  // cpu/peaks
  float (*argmax)(const float* x, long n) noexcept;    // cpu/peaks
  void (*weigh)(const float* x, long n, const Weighing& how, float* w, std::int64_t* sums) noexcept;  // cpu/weigh
  Nucleus (*cut_nucleus)(const float* w, long n, std::int64_t total, std::int64_t needed, std::int64_t* sums,
                         std::int32_t* ids) noexcept;  // cpu/weigh
  EntropySums (*entropy_sums)(const float* x, long n, float largest) noexcept;  // cpu/weigh
  AttentionKernels attention[2];  // by HR_KV_*, without instructions beyond the tier's
  ProbeKernels probe;
};

// The table of a tier that this machine has (HR_TIER_*).
const RowKernels& row_kernels(std::int32_t tier) noexcept;

}  // namespace headrace
