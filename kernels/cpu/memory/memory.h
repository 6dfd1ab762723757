// Zeroed memory straight from the operating system, committed when it is touched.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>

namespace headrace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// Aligned to 2 MiB and advised for huge pages. Null when there is none. unmap_memory takes the same number of bytes.
void* map_memory(std::size_t bytes) noexcept;
void unmap_memory(void* memory, std::size_t bytes) noexcept;

// Memory with an owner, as above; less than a huge page is small pages, aligned to one: a program has a vector or two per layer
// of a few KiB each, and 2 MiB for every one of them would be more than the weights of a small model. Throws std::bad_alloc.
class Memory {
 public:
  Memory() noexcept = default;
  explicit Memory(std::size_t bytes);
  ~Memory();
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::byte* data() const noexcept { return static_cast<std::byte*>(data_); }

 private:
  void* data_ = nullptr;
  std::size_t bytes_ = 0;
};

// Hands out pieces of one Memory, 64-byte aligned: count first with no memory, then carve.
class Carver {
 public:
  explicit Carver(std::byte* base = nullptr) noexcept : base_(base) {}

  template <class T>
  T* take(std::size_t count) noexcept {
    std::byte* at = base_ == nullptr ? nullptr : base_ + used_;
    used_ += (count * sizeof(T) + 63) / 64 * 64;
    return reinterpret_cast<T*>(at);
  }
  std::size_t used() const noexcept { return used_; }

 private:
  std::byte* base_;
  std::size_t used_ = 0;
};

}  // namespace headrace
