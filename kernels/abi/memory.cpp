#include "cpu/memory/memory.h"

#include "headrace/kernels.h"

extern "C" void* hr_memory_map(int64_t bytes) {
  return bytes <= 0 ? nullptr : headrace::map_memory(static_cast<std::size_t>(bytes));
}

extern "C" void hr_memory_unmap(void* memory, int64_t bytes) {
  if (bytes > 0) headrace::unmap_memory(memory, static_cast<std::size_t>(bytes));
}
