// The meeting point of a team: everything written before wait() by any member is seen after it by all.
#pragma once
#include "cpu/team/futex.h"

namespace headrace {

class Barrier {
 public:
  Barrier(int members, int spins) noexcept : members_(static_cast<std::uint32_t>(members)), spins_(spins) {}

  // So many meet from now on. Nobody is inside wait(), and those who come next hear of it by an acquire.
  void expect(int members) noexcept { members_ = static_cast<std::uint32_t>(members); }

  // Gives the nanoseconds this member waited, 0 for a brief wait.
  std::int64_t wait() noexcept {
    if (members_ == 1) return 0;
    const std::uint32_t phase = phase_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == members_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);  // nobody arrives again before the phase changes
      change(phase_, phase + 1, sleepers_);
      return 0;
    }
    return await_change(phase_, phase, sleepers_, spins_);
  }

 private:
  std::uint32_t members_;
  const int spins_;
  alignas(kLine) Word arrived_{0};
  alignas(kLine) Word phase_{0};
  alignas(kLine) Word sleepers_{0};
};

}  // namespace headrace
