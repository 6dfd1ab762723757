// The meeting point of a team: everything written before wait() by any member is seen after it by all.
#pragma once
#include "cpu/team/futex.h"

namespace headrace {

class Barrier {
 public:
  Barrier(int members, int spins) noexcept : members_(static_cast<std::uint32_t>(members)), spins_(spins) {}

  void wait() noexcept {
    if (members_ == 1) return;
    const std::uint32_t phase = phase_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == members_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);  // nobody arrives again before the phase changes
      change(phase_, phase + 1, sleepers_);
    } else {
      await_change(phase_, phase, sleepers_, spins_);
    }
  }

 private:
  const std::uint32_t members_;
  const int spins_;
  alignas(kLine) Word arrived_{0};
  alignas(kLine) Word phase_{0};
  alignas(kLine) Word sleepers_{0};
};

}  // namespace headrace
