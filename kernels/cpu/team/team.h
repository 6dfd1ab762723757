// A fixed set of threads that do one job at a time together. The thread that calls run() is member 0; the others are
// ours and parked between jobs (a bounded spin, then a futex).
//
// Thread  run() from one thread at a time. No affinity is set: a pinned member halves when anything else lands on its
//         processor.
#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "cpu/team/barrier.h"

namespace headrace {

class Team {
 public:
  using Job = void (*)(void* context, int member) noexcept;

  static constexpr int kMaxThreads = 64;

  // Throws std::bad_alloc or std::system_error when there are no threads to be had.
  Team(int threads, std::int32_t tier, int spins);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const noexcept { return threads_; }
  std::int32_t tier() const noexcept { return tier_; }

  // job(context, member) on every member; returns when all are done.
  void run(Job job, void* context) noexcept;

  // Inside a job: all members meet.
  void meet() noexcept { barrier_.wait(); }

 private:
  void work(int member) noexcept;
  void stop() noexcept;

  const int threads_;
  const std::int32_t tier_;
  const int spins_;
  Job job_ = nullptr;  // null: leave
  void* context_ = nullptr;
  Barrier barrier_;
  alignas(kLine) Word go_{0};
  alignas(kLine) Word parked_{0};
  std::vector<std::thread> workers_;
};

}  // namespace headrace
