#include "cpu/team/team.h"

#include <atomic>
#include <memory>

#include "cpu/team/splitter.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

// Each round one member writes plain memory that all read after the barrier: a missing order shows as a wrong value
// (and in TSan).
struct Rounds {
  Team* team;
  int rounds;
  long value = 0;
  std::atomic<int> wrong{0};
};

void take_turns(void* context, int member) noexcept {
  Rounds& r = *static_cast<Rounds*>(context);
  const int members = r.team->size();
  for (int i = 0; i < r.rounds; ++i) {
    if (i % members == member) r.value += 1;
    r.team->meet();
    if (r.value != i + 1) r.wrong.fetch_add(1);
    r.team->meet();
  }
}

struct Deal {
  Team* team;
  int units;
  int piece;
  std::unique_ptr<Counter[]> counters;
  std::vector<std::atomic<int>> done;
  explicit Deal(Team& t, int n, int p)
      : team(&t),
        units(n),
        piece(p),
        counters(new Counter[static_cast<std::size_t>(t.size())]),
        done(static_cast<std::size_t>(n)) {}
};

void deal(void* context, int member) noexcept {
  Deal& d = *static_cast<Deal*>(context);
  split(d.counters.get(), d.team->size(), member, d.units, d.piece, [&](int begin, int end) {
    for (int u = begin; u < end; ++u) {
      d.done[static_cast<std::size_t>(u)].fetch_add(1);
      if (u % 13 == 5) usleep(200);  // a member that is late now and then
    }
  });
}

}  // namespace

TEST(a_barrier_orders_memory_when_every_member_sleeps_at_once) {
  for (int threads = 1; threads <= 5; ++threads) {
    Team team(threads, HR_TIER_SCALAR, 0);
    Rounds rounds{&team, 10000};
    team.run(take_turns, &rounds);
    CHECK_EQ(rounds.wrong.load(), 0);
    CHECK_EQ(rounds.value, 10000L);
  }
}

TEST(a_barrier_orders_memory_when_members_spin) {
  for (int threads = 1; threads <= 2; ++threads) {
    Team team(threads, HR_TIER_SCALAR, 2000);
    Rounds rounds{&team, 5000};
    team.run(take_turns, &rounds);
    CHECK_EQ(rounds.wrong.load(), 0);
  }
}

TEST(a_team_runs_job_after_job_parked_or_spinning) {
  for (const int spins : {0, 50}) {
    for (int threads = 1; threads <= 5; ++threads) {
      Team team(threads, HR_TIER_SCALAR, spins);
      for (int job = 0; job < 300; ++job) {
        Rounds rounds{&team, 3};
        team.run(take_turns, &rounds);
        CHECK_EQ(rounds.value, 3L);
        if (job % 100 == 0) usleep(1000);
      }
    }
  }
}

TEST(every_unit_is_done_once_whoever_is_late) {
  for (int threads = 1; threads <= 5; ++threads) {
    Team team(threads, HR_TIER_SCALAR, 10);
    for (const int units : {0, 1, 2, 7, 64, 151}) {
      for (const int piece : {1, 3, 16}) {
        Deal d(team, units, piece);
        team.run(deal, &d);
        for (const std::atomic<int>& count : d.done) CHECK_EQ(count.load(), 1);
      }
    }
  }
}

}  // namespace headrace::test
