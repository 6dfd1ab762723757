// The clock of the team: nanoseconds since some moment, never backwards.
#pragma once
#include <time.h>

#include <cstdint>

namespace headrace {

inline std::int64_t now_ns() noexcept {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace headrace
