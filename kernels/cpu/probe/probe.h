// What a machine can do at best, measured by the benchmark: reading memory and multiplying integers.
//   read_memory   reads `bytes` (a multiple of 64) and gives something made of all of them, so that no read can be left
//                 out
//   integer_peak  rounds x 1024 vector operations of int8 multiply-adds in registers; returns the multiply-adds of one
//                 operation
#pragma once
#include <cstdint>

namespace headrace {

struct ProbeKernels {
  std::uint64_t (*read_memory)(const void* memory, long bytes) noexcept;
  int (*integer_peak)(long rounds) noexcept;
};

}  // namespace headrace
