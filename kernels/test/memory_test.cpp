#include "cpu/memory/memory.h"

#include <cstdint>
#include <utility>

#include "test/check.h"

namespace headrace::test {
namespace {

TEST(memory_of_any_size_is_zeroed_aligned_and_can_be_moved) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4096}, kHugePage - 1, kHugePage, kHugePage + 1}) {
    Memory memory(bytes);
    const std::size_t alignment = bytes < kHugePage ? 4096 : kHugePage;
    CHECK_EQ(reinterpret_cast<std::uintptr_t>(memory.data()) % alignment, std::uintptr_t{0});
    CHECK(memory.data()[0] == std::byte{0} && memory.data()[bytes - 1] == std::byte{0});
    memory.data()[bytes - 1] = std::byte{7};
    Memory moved(std::move(memory));
    CHECK(memory.data() == nullptr);
    CHECK(moved.data()[bytes - 1] == std::byte{7});
    Memory other(std::size_t{64});
    other = std::move(moved);
    CHECK(other.data()[bytes - 1] == std::byte{7});
  }
}

}  // namespace
}  // namespace headrace::test
