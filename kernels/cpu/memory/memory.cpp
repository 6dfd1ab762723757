#include "cpu/memory/memory.h"

#include <sys/mman.h>

#include <new>

namespace headrace {
namespace {

std::size_t rounded(std::size_t bytes) noexcept { return (bytes + kHugePage - 1) / kHugePage * kHugePage; }

constexpr std::size_t kPage = 4096;

std::size_t pages(std::size_t bytes) noexcept { return (bytes + kPage - 1) / kPage * kPage; }

void* map_pages(std::size_t bytes) noexcept {
  if (bytes == 0) return nullptr;
  void* raw = mmap(nullptr, pages(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return raw == MAP_FAILED ? nullptr : raw;
}

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

Memory::Memory(std::size_t bytes) : data_(bytes < kHugePage ? map_pages(bytes) : map_memory(bytes)), bytes_(bytes) {
  if (data_ == nullptr) throw std::bad_alloc();
}

Memory::~Memory() {
  if (data_ == nullptr) return;
  if (bytes_ < kHugePage) {
    munmap(data_, pages(bytes_));
  } else {
    unmap_memory(data_, bytes_);
  }
}

}  // namespace headrace
