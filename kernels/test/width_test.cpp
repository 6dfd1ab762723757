// The rule by which a team becomes narrower and wider: tables of passes, and a small world with a neighbour.
#include "cpu/team/width.h"

#include <algorithm>

#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

constexpr std::int64_t kMs = 1'000'000;

PassTime punctual(const WidthPolicy& p, std::int64_t wall = 2 * kMs) { return {p.width(), wall, 0, 0}; }
PassTime late(const WidthPolicy& p, std::int64_t wall = 6 * kMs) { return {p.width(), wall, wall * 6 / 10, 0}; }

void make_narrow(WidthPolicy& p) {
  const int before = p.width();
  for (int i = 0; i < 20 && p.width() == before; ++i) p.observe(late(p));
}

// Decodes for so many milliseconds. A pass with a member that shares its processor with a neighbour takes three times
// as long every other time, one of fewer members is slower by their share. Gives passes done per second.
double live(WidthPolicy& p, int members, std::int64_t ms, int neighbours, Random& random) {
  std::int64_t time = 0;
  int passes = 0;
  for (; time < ms * kMs; ++passes) {
    const std::int64_t fair = 2 * kMs + (members - p.width()) * kMs / members;
    const bool unlucky = p.width() > members - neighbours && random.below(2) == 0;
    const PassTime pass{p.width(), unlucky ? 3 * fair : fair, unlucky ? 2 * fair : 0, 10'000};
    time += pass.wall_ns + pass.idle_ns;
    p.observe(pass);
  }
  return passes * 1e9 / static_cast<double>(time);
}

}  // namespace

TEST(one_late_pass_however_late_changes_no_width) {
  for (const std::int64_t wall : {1, 3, 20, 500}) {
    WidthPolicy p(2);
    for (int i = 0; i < 100; ++i) {
      p.observe({2, wall * kMs, wall * kMs, 0});
      CHECK_EQ(p.width(), 2);
      for (int k = 0; k < 20; ++k) p.observe(punctual(p));
    }
    CHECK_EQ(p.narrowings(), std::int64_t{0});
  }
}

TEST(late_passes_close_together_make_a_team_narrow) {
  for (const std::int64_t wall : {3, 6, 25, 400}) {
    WidthPolicy p(2);
    int passes = 0;
    for (; p.width() == 2 && passes < 100; ++passes) p.observe(late(p, wall * kMs));
    CHECK_EQ(p.width(), 1);
    CHECK(passes >= 2);
    CHECK(passes <= 8);
    CHECK_EQ(p.narrowings(), std::int64_t{1});
  }
}

TEST(short_sleeps_in_every_pass_change_nothing) {
  WidthPolicy p(4);
  for (int i = 0; i < 10000; ++i) p.observe({4, 2 * kMs, 2 * kMs / 4, 0});
  CHECK_EQ(p.width(), 4);
}

TEST(a_trial_that_loses_time_ends_with_its_first_late_pass) {
  WidthPolicy p(2);
  make_narrow(p);
  std::int64_t wait = 0;
  for (int trial = 1; trial <= 12; ++trial) {
    std::int64_t waited = 0;
    while (p.width() == 1 && waited < 100000 * kMs) {
      p.observe(punctual(p, 3 * kMs));
      waited += 3 * kMs;
    }
    CHECK_EQ(p.width(), 2);
    CHECK(p.on_trial());
    CHECK_EQ(p.trials(), static_cast<std::int64_t>(trial));
    CHECK(waited >= wait);  // each wait at least as long as the one before
    CHECK(waited <= 300 * kMs);
    wait = waited;
    p.observe(punctual(p));
    p.observe(late(p));
    CHECK_EQ(p.width(), 1);
    CHECK(!p.on_trial());
  }
  CHECK(wait >= 200 * kMs);
}

TEST(a_trial_without_loss_makes_a_team_wide_again) {
  WidthPolicy p(2);
  make_narrow(p);
  while (p.width() == 1) p.observe(punctual(p, 3 * kMs));
  for (int i = 0; i < 200; ++i) p.observe(punctual(p));
  CHECK_EQ(p.width(), 2);
  CHECK(!p.on_trial());
  CHECK_EQ(p.trials(), std::int64_t{1});
}

TEST(time_without_passes_counts_as_waiting) {
  WidthPolicy p(2);
  make_narrow(p);
  for (int i = 0; i < 5; ++i) {  // fail a few trials, so that the wait is long
    while (p.width() == 1) p.observe(punctual(p));
    p.observe(late(p));
  }
  p.observe({1, 2 * kMs, 0, 1000 * kMs});
  CHECK_EQ(p.width(), 2);
}

TEST(a_pass_of_another_width_tells_nothing_but_the_time) {
  WidthPolicy p(4);
  for (int i = 0; i < 100; ++i) p.observe({2, 6 * kMs, 5 * kMs, 0});
  CHECK_EQ(p.width(), 4);
}

TEST(a_team_of_one_stays_one) {
  WidthPolicy p(1);
  for (int i = 0; i < 100; ++i) p.observe({1, 6 * kMs, 6 * kMs, 0});
  CHECK_EQ(p.width(), 1);
  CHECK_EQ(p.trials(), std::int64_t{0});
}

TEST(widths_stay_in_range_whatever_is_seen) {
  Random random(7);
  for (const int members : {1, 2, 3, 5, 16, 64}) {
    WidthPolicy p(members);
    for (int i = 0; i < 20000; ++i) {
      const std::int64_t wall = random.below(3) == 0 ? random.below(1000) - 10 : random.below(100) * kMs;
      const std::int64_t lost = random.below(2) == 0 ? 0 : random.below(120) * kMs;
      p.observe({random.below(4) == 0 ? 1 + random.below(members) : p.width(), wall, lost, random.below(50) * kMs - 5});
      if (!CHECK(p.width() >= 1 && p.width() <= members)) return;
    }
  }
}

TEST(beside_neighbours_a_team_works_nearly_as_fast_as_the_best_fixed_width) {
  Random random(3);
  for (const int members : {2, 4, 16}) {
    for (const int neighbours : {0, 1, 2, members - 1}) {
      if (neighbours >= members) continue;
      WidthPolicy p(members);
      live(p, members, 2000, neighbours, random);
      const double rate = live(p, members, 20000, neighbours, random);
      const double best = 1e3 / (2.01 + static_cast<double>(neighbours) / members);
      CHECK(rate > 0.95 * best);
    }
  }
}

TEST(when_the_neighbours_leave_all_members_are_back_soon) {
  Random random(4);
  for (const int members : {2, 4, 16}) {
    WidthPolicy p(members);
    live(p, members, 3000, std::min(3, members - 1), random);
    CHECK(p.width() < members || p.on_trial());
    live(p, members, 1000, 0, random);
    CHECK_EQ(p.width(), members);
    CHECK(!p.on_trial());
  }
}

}  // namespace headrace::test
