#include "cpu/team/team.h"

#include <atomic>
#include <ctime>
#include <memory>

#include "cpu/team/splitter.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

// Each round one member writes plain memory that all read after the barrier: a missing order shows as a wrong value
// (and in TSan).
constexpr int kSleeps = 97;

struct Rounds {
  Team* team;
  int rounds;
  long value = 0;
  std::atomic<int> wrong{0};
  int members = 0;              // 0: all
  const int* sleeps = nullptr;  // [kSleeps] microseconds that members are late, in turns
};

void take_turns(void* context, int member) noexcept {
  Rounds& r = *static_cast<Rounds*>(context);
  const int members = r.members > 0 ? r.members : r.team->size();
  for (int i = 0; i < r.rounds; ++i) {
    if (r.sleeps != nullptr && r.sleeps[(i * 5 + member) % kSleeps] > 0)
      usleep(static_cast<unsigned>(r.sleeps[(i * 5 + member) % kSleeps]));
    if (i % members == member) r.value += 1;
    r.team->meet(member);
    if (r.value != i + 1) r.wrong.fetch_add(1);
    r.team->meet(member);
  }
}

struct Deal {
  int members;
  int units;
  int piece;
  std::unique_ptr<Counter[]> counters;
  std::vector<std::atomic<int>> done;
  explicit Deal(Team& t, int n, int p)
      : members(t.size()),
        units(n),
        piece(p),
        counters(new Counter[static_cast<std::size_t>(t.size())]),
        done(static_cast<std::size_t>(n)) {}
};

void deal(void* context, int member) noexcept {
  Deal& d = *static_cast<Deal*>(context);
  split(d.counters.get(), d.members, member, d.units, d.piece, [&](int begin, int end) {
    for (int u = begin; u < end; ++u) {
      d.done[static_cast<std::size_t>(u)].fetch_add(1);
      if (u % 13 == 5) usleep(200);  // a member that is late now and then
    }
  });
}

void run_pass(Team& team, Team::Job job, void* context, int width) {
  team.begin(job, context, width);
  team.finish();
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

TEST(jobs_of_every_width_are_done_by_exactly_their_members) {
  Random random(11);
  for (const int spins : {0, 20}) {
    for (int threads = 1; threads <= 5; ++threads) {
      Team team(threads, HR_TIER_SCALAR, spins);
      for (int job = 0; job < 150; ++job) {
        const int width = 1 + random.below(threads);
        Rounds rounds{&team, 3};
        rounds.members = width;
        run_pass(team, take_turns, &rounds, width);
        CHECK_EQ(rounds.wrong.load(), 0);
        CHECK_EQ(rounds.value, 3L);
        Deal d(team, 40, 3);
        d.members = width;
        run_pass(team, deal, &d, width);
        for (const std::atomic<int>& count : d.done) CHECK_EQ(count.load(), 1);
        if (job % 30 == 0) {
          Rounds all{&team, 2};
          team.run(take_turns, &all);  // a job of all members between passes
          CHECK_EQ(all.wrong.load(), 0);
        }
      }
      CHECK_EQ(team.counts().passes, std::int64_t{300});
      if (threads > 1) CHECK(team.counts().narrow > 0);
    }
  }
}

TEST(members_that_are_late_at_random_meet_whatever_the_width) {
  Random random(12);
  int sleeps[kSleeps];
  for (int& us : sleeps) us = random.below(9) == 0 ? random.below(400) : 0;
  for (const int spins : {0, 20, 2000}) {
    for (int threads = 2; threads <= 5; ++threads) {
      Team team(threads, HR_TIER_SCALAR, spins);
      for (int job = 0; job < 20; ++job) {
        Rounds rounds{&team, 20};
        rounds.members = 1 + random.below(threads);
        rounds.sleeps = sleeps;
        run_pass(team, take_turns, &rounds, rounds.members);
        CHECK_EQ(rounds.wrong.load(), 0);
      }
    }
  }
}

namespace {

void last_member_dawdles(void* context, int member) noexcept {
  Rounds& r = *static_cast<Rounds*>(context);
  if (member > 0 && member == r.members - 1) usleep(8000);
  r.team->meet(member);
}

void nothing(void*, int) noexcept {}

}  // namespace

TEST(a_late_member_is_left_out_until_it_is_tried_again) {
  Team team(3, HR_TIER_SCALAR, 50);
  CHECK_EQ(team.width(), 3);
  const auto passes = [&](int count) {
    for (int i = 0; i < count; ++i) {
      Rounds rounds{&team, 0};
      rounds.members = team.width();
      run_pass(team, last_member_dawdles, &rounds, rounds.members);
    }
  };
  passes(10);  // a new team has all its members, late or not
  CHECK_EQ(team.width(), 3);
  CHECK_EQ(team.counts().narrow, std::int64_t{0});
  team.fix_width(0);
  passes(40);
  CHECK(team.counts().narrowed >= 1);
  CHECK(team.counts().narrow >= 1);
  CHECK_EQ(team.counts().passes, std::int64_t{50});
  team.fix_width(2);
  CHECK_EQ(team.counts().width, 2);
  team.fix_width(0);
  CHECK_EQ(team.counts().width, 3);
}

TEST(a_team_with_nothing_to_do_uses_no_processor) {
  Team team(3, HR_TIER_SCALAR, 4000);
  team.run(nothing, nullptr);
  run_pass(team, nothing, nullptr, 2);
  usleep(20000);  // they park
  const auto used = [] {
    timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  };
  const std::int64_t before = used();
  usleep(100000);
  CHECK(used() - before < 20'000'000);
}

}  // namespace headrace::test
