#include "cpu/dispatch/table.h"
#include "cpu/lanes/portable.h"

namespace headrace {
namespace {

std::uint64_t read_memory(const void* memory, long bytes) noexcept {
  const std::uint64_t* p = static_cast<const std::uint64_t*>(memory);
  std::uint64_t seen[8] = {};
  for (long i = 0; i < bytes / 8; i += 8) {
    for (int j = 0; j < 8; ++j) seen[j] |= p[i + j];
  }
  std::uint64_t all = 0;
  for (const std::uint64_t s : seen) all |= s;
  return all;
}

int integer_peak(long rounds) noexcept {
  std::int32_t sum[16] = {};
  for (long i = 0; i < rounds * 1024; ++i) {
    const std::int32_t a = static_cast<std::int8_t>(i);
    for (int j = 0; j < 16; ++j)
      sum[j] = static_cast<std::int32_t>(static_cast<std::uint32_t>(sum[j]) + static_cast<std::uint32_t>(a * j));
  }
  for (const std::int32_t& s : sum) __asm__ volatile("" : : "g"(s));
  return 16;
}

}  // namespace

extern const RowKernels kScalarRows;
constinit const RowKernels kScalarRows = row_table<Portable>({read_memory, integer_peak});

}  // namespace headrace
