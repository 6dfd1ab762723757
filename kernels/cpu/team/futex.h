// Waiting for a word to change: a bounded spin, then sleep in the kernel.
//
// The waiter counts itself in `sleepers` before the system call compares the word, the writer changes the word before
// it reads `sleepers`; both are sequentially consistent, so either the writer sees a sleeper and wakes it, or the
// sleeper sees the new word.
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdint>

#include "cpu/team/clock.h"

namespace headrace {

constexpr std::size_t kLine = 64;  // bytes that processors pass between each other

using Word = std::atomic<std::uint32_t>;
static_assert(sizeof(Word) == sizeof(std::uint32_t));

inline void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Pauses that pass before a wait is worth a look at the clock.
constexpr int kBriefSpins = 64;

// Returns when word differs from `old`. Gives the nanoseconds it waited, spinning or asleep; 0 for a brief wait, which
// reads no clock.
inline std::int64_t await_change(const Word& word, std::uint32_t old, Word& sleepers, int spins) noexcept {
  const auto spin_until = [&](int& spun, int most) {
    for (; spun < most; ++spun) {
      if (word.load(std::memory_order_acquire) != old) return true;
      pause();
    }
    return false;
  };
  int spun = 0;
  if (spin_until(spun, spins < kBriefSpins ? spins : kBriefSpins)) return 0;
  const std::int64_t begin = now_ns();
  if (!spin_until(spun, spins)) {
    while (word.load(std::memory_order_acquire) == old) {
      sleepers.fetch_add(1, std::memory_order_seq_cst);
      syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, old, nullptr, nullptr, 0);
      sleepers.fetch_sub(1, std::memory_order_seq_cst);
    }
  }
  return now_ns() - begin;
}

inline void change(Word& word, std::uint32_t value, const Word& sleepers) noexcept {
  word.store(value, std::memory_order_seq_cst);
  if (sleepers.load(std::memory_order_seq_cst) != 0) {
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  }
}

}  // namespace headrace
