#include "abi/team.h"

#include <new>

#include "cpu/dispatch/row_kernels.h"
#include "cpu/tier.h"

namespace {

using headrace::Team;

constexpr std::int64_t kPage = 4096;

struct Reading {
  const Team* team;
  const char* memory;
  std::int64_t bytes;
};

void read_share(void* context, int member) noexcept {
  const Reading& r = *static_cast<const Reading*>(context);
  const std::int64_t share = r.bytes / r.team->size();
  const std::uint64_t seen =
      headrace::row_kernels(r.team->tier()).probe.read_memory(r.memory + share * member, static_cast<long>(share));
  __asm__ volatile("" : : "r"(seen));  // somebody looked at it
}

struct Multiplying {
  const Team* team;
  std::int64_t rounds;
  std::int64_t per_operation;
};

void multiply(void* context, int member) noexcept {
  Multiplying& m = *static_cast<Multiplying*>(context);
  const int done = headrace::row_kernels(m.team->tier()).probe.integer_peak(static_cast<long>(m.rounds));
  if (member == 0) m.per_operation = done;
}

}  // namespace

extern "C" int32_t hr_abi_version(void) { return HR_ABI_VERSION; }

extern "C" int32_t hr_best_tier(void) { return headrace::best_tier(); }

extern "C" hr_status hr_team_open(int32_t threads, int32_t tier, int32_t spins, hr_team** team) {
  if (team == nullptr) return HR_NULL_POINTER;
  *team = nullptr;
  if (threads < 1 || threads > Team::kMaxThreads || spins < 0) return HR_BAD_SHAPE;
  if (tier < HR_TIER_SCALAR || tier > headrace::best_tier()) return HR_BAD_TIER;
  try {
    *team = new hr_team{Team(threads, tier, spins)};
    return HR_OK;
  } catch (...) {  // no memory, or no more threads
    return HR_NO_MEMORY;
  }
}

extern "C" void hr_team_close(hr_team* team) { delete team; }

extern "C" hr_status hr_team_set_width(hr_team* team, int32_t width) {
  if (team == nullptr) return HR_NULL_POINTER;
  if (width < 0 || width > team->team.size()) return HR_BAD_SHAPE;
  team->team.fix_width(width);
  return HR_OK;
}

extern "C" hr_status hr_team_read_counts(const hr_team* team, hr_team_counts* counts) {
  if (team == nullptr || counts == nullptr) return HR_NULL_POINTER;
  const headrace::TeamCounts now = team->team.counts();
  *counts = {team->team.size(), now.width, now.passes, now.narrow, now.narrowed, now.trials};
  return HR_OK;
}

extern "C" hr_status hr_team_read(hr_team* team, const void* memory, int64_t bytes) {
  if (team == nullptr || memory == nullptr) return HR_NULL_POINTER;
  if (bytes < 0 || bytes % (kPage * team->team.size()) != 0) return HR_BAD_SHAPE;
  Reading reading{&team->team, static_cast<const char*>(memory), bytes};
  team->team.run(read_share, &reading);
  return HR_OK;
}

extern "C" int64_t hr_team_integer_peak(hr_team* team, int64_t rounds) {
  if (team == nullptr) return -HR_NULL_POINTER;
  if (rounds < 0 || rounds > (std::int64_t{1} << 40)) return -HR_BAD_SHAPE;
  Multiplying multiplying{&team->team, rounds, 0};
  team->team.run(multiply, &multiplying);
  return rounds * 1024 * multiplying.per_operation * 2 * team->team.size();
}
