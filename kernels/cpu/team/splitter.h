// Dealing numbered units of work: member t owns the range [units t / T, units (t + 1) / T) and takes pieces of it; when
// it is empty it helps the others. Owned ranges lie together, so a member reads its weights as one stream; helping
// removes the tail.
//
// Units write only their own outputs, so who does which is free.
#pragma once
#include "cpu/team/futex.h"

namespace headrace {

// One per member and operation, all zero before the first member starts on the operation.
struct alignas(kLine) Counter {
  std::atomic<std::int32_t> taken{0};
};

template <class Work>
inline void split(Counter* counters, int members, int member, int units, int piece, Work&& work) noexcept {
  for (int i = 0; i < members; ++i) {
    const int owner = member + i < members ? member + i : member + i - members;
    const int begin = static_cast<int>(static_cast<std::int64_t>(units) * owner / members);
    const int end = static_cast<int>(static_cast<std::int64_t>(units) * (owner + 1) / members);
    if (i > 0 && counters[owner].taken.load(std::memory_order_relaxed) >= end - begin) continue;
    for (;;) {
      const int first = begin + counters[owner].taken.fetch_add(piece, std::memory_order_relaxed);
      if (first >= end) break;
      work(first, end - first < piece ? end : first + piece);
    }
  }
}

}  // namespace headrace
