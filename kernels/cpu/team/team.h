// A set of threads that do one job at a time together. The thread that calls run() is member 0; the others are ours and
// parked between jobs (a bounded spin, then a futex).
//
// Width   A job may be done by the first few members; the others stay parked and cost nothing. How many do a pass is
//         decided by how late they were (width.h), or fixed. The member that shares its processor with another process
//         may be any, the caller too: no matter which one stays away, the operating system moves the rest to the free
//         processors.
//
// Thread  run() and fix_width() from one thread at a time; counts() from any. No affinity is set: a pinned member
//         halves when anything else lands on its processor.
#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "cpu/team/barrier.h"
#include "cpu/team/width.h"

namespace headrace {

// Since the team was opened.
struct TeamCounts {
  int width = 1;             // of the next pass
  std::int64_t passes = 0;    // done by run(job, context, width)
  std::int64_t narrow = 0;    // of these, with fewer than all members
  std::int64_t narrowed = 0;  // times the width was lowered because members were late
  std::int64_t trials = 0;    // times it was raised to see whether they still are
};

class Team {
 public:
  using Job = void (*)(void* context, int member) noexcept;

  static constexpr int kMaxThreads = 64;

  // Throws std::bad_alloc or std::system_error when there are no threads to be had. All members take part in passes
  // until fix_width(0).
  Team(int threads, std::int32_t tier, int spins);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const noexcept { return threads_; }
  std::int32_t tier() const noexcept { return tier_; }

  // job(context, member) on every member; returns when all are done.
  void run(Job job, void* context) noexcept { run_on(threads_, job, context); }

  // The same for a pass, by members 0 .. width-1; how late they were decides about the width of the next one. begin()
  // sets the others to work and returns, finish() does the caller's share and waits for all: between them, for a moment,
  // the caller may do something else, and nothing is asked of the team.
  void begin(Job job, void* context, int width) noexcept;
  void finish() noexcept;

  // The same on as many members as the next pass will have; says nothing about how late they are.
  void run_as_pass(Job job, void* context) noexcept { run_on(width(), job, context); }

  // Members that the next pass should have, 1 .. size().
  int width() const noexcept { return fixed_ > 0 ? fixed_ : policy_.width(); }

  // 1 .. size(): that many from now on. 0: as many as are punctual, all of them at first.
  void fix_width(int width) noexcept;

  TeamCounts counts() const noexcept;

  // Inside a job: all members that do it meet.
  void meet(int member) noexcept {
    const std::int64_t waited = barrier_.wait();
    if (waited >= kLateNs) seats_[static_cast<std::size_t>(member)].waited_ns += waited;
  }

 private:
  // Shorter waits are what unequal units of work cost. Not much longer: two members on one processor take turns as soon
  // as the one that spins falls asleep, so each of their waits is short.
  static constexpr std::int64_t kLateNs = 20'000;

  // What belongs to one member: the word that calls it, and on another line what it tells of a job.
  struct alignas(kLine) Seat {
    Word go{0};
    Word parked{0};
    alignas(kLine) std::int64_t waited_ns = 0;
    std::int64_t done_ns = 0;
  };

  struct Published {
    std::atomic<int> width{1};
    std::atomic<std::int64_t> passes{0};
    std::atomic<std::int64_t> narrow{0};
    std::atomic<std::int64_t> narrowed{0};
    std::atomic<std::int64_t> trials{0};
  };

  void run_on(int width, Job job, void* context) noexcept;
  void call_others(int width, Job job, void* context) noexcept;
  void await_others() noexcept;
  std::int64_t lost_until(std::int64_t end, int width) const noexcept;
  void call(int member) noexcept;
  void work(int member) noexcept;
  void stop() noexcept;

  const int threads_;
  const std::int32_t tier_;
  const int spins_;
  int fixed_;
  WidthPolicy policy_;
  std::int64_t idle_since_ns_;
  std::int64_t begun_ns_ = 0;  // the pass that is under way
  int begun_width_ = 0;
  Job job_ = nullptr;  // null: leave
  void* context_ = nullptr;
  Barrier barrier_;
  alignas(kLine) Word working_{0};  // members but the caller that are not done with the job
  Word waiting_{0};                 // the caller, when it sleeps until they are
  std::vector<Seat> seats_;         // by member
  alignas(kLine) Published published_;
  std::vector<std::thread> workers_;
};

}  // namespace headrace
