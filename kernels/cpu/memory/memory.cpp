#include "cpu/memory/memory.h"

#include <sys/mman.h>

#include <new>

namespace headrace {
namespace {

std::size_t rounded(std::size_t bytes) noexcept { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

}  // namespace

void* map_memory(std::size_t bytes) noexcept {
  if (bytes == 0 || bytes > PTRDIFF_MAX - 2 * kHugePage) return nullptr;
  const std::size_t wanted = rounded(bytes);
  const std::size_t mapped = wanted + kHugePage;  // room to align
  void* raw = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  std::byte* begin = static_cast<std::byte*>(raw);
  const std::size_t skip = (kHugePage - reinterpret_cast<std::uintptr_t>(begin) % kHugePage) % kHugePage;
  if (skip > 0) munmap(begin, skip);
  if (kHugePage - skip > 0) munmap(begin + skip + wanted, kHugePage - skip);
  madvise(begin + skip, wanted, MADV_HUGEPAGE);  // before the first touch; a refusal only costs speed
  return begin + skip;
}

void unmap_memory(void* memory, std::size_t bytes) noexcept {
  if (memory != nullptr) munmap(memory, rounded(bytes));
}

Memory::Memory(std::size_t bytes) : data_(map_memory(bytes)), bytes_(bytes) {
  if (data_ == nullptr) throw std::bad_alloc();
}

}  // namespace headrace
