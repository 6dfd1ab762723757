#include "cpu/team/team.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>

namespace headrace {

Team::Team(int threads, std::int32_t tier, int spins)
    : threads_(threads),
      tier_(tier),
      spins_(spins),
      fixed_(threads),
      policy_(threads),
      idle_since_ns_(now_ns()),
      barrier_(threads, spins),
      seats_(static_cast<std::size_t>(threads)) {
  published_.width = threads;
  // Signals of the process are for its own threads: ours inherit a mask that leaves only the faults of their own
  // making.
  sigset_t ours;
  sigset_t before;
  sigfillset(&ours);
  for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP}) sigdelset(&ours, fault);
  pthread_sigmask(SIG_SETMASK, &ours, &before);
  try {
    workers_.reserve(static_cast<std::size_t>(threads));
    for (int member = 1; member < threads; ++member) {
      workers_.emplace_back([this, member] { work(member); });
    }
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    stop();
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Team::~Team() { stop(); }

void Team::stop() noexcept {
  job_ = nullptr;
  for (std::size_t i = 0; i < workers_.size(); ++i) call(static_cast<int>(i) + 1);
  for (std::thread& worker : workers_) worker.join();
}

void Team::call(int member) noexcept {
  Seat& seat = seats_[static_cast<std::size_t>(member)];
  change(seat.go, seat.go.load(std::memory_order_relaxed) + 1, seat.parked);
}

void Team::run_on(int width, Job job, void* context) noexcept {
  call_others(width, job, context);
  job(context, 0);
  if (width > 1) await_others();
}

void Team::call_others(int width, Job job, void* context) noexcept {
  barrier_.expect(width);
  job_ = job;
  context_ = context;
  working_.store(static_cast<std::uint32_t>(width - 1), std::memory_order_relaxed);
  for (int member = 1; member < width; ++member) call(member);
}

void Team::await_others() noexcept {
  seats_[0].done_ns = now_ns();
  for (;;) {
    const std::uint32_t left = working_.load(std::memory_order_acquire);
    if (left == 0) return;
    await_change(working_, left, waiting_, spins_);
  }
}

void Team::begin(Job job, void* context, int width) noexcept {
  width = std::clamp(width, 1, threads_);
  for (int member = 0; member < width; ++member) seats_[static_cast<std::size_t>(member)].waited_ns = 0;
  begun_ns_ = now_ns();
  begun_width_ = width;
  call_others(width, job, context);
}

void Team::finish() noexcept {
  const int width = begun_width_;
  job_(context_, 0);
  if (width > 1) await_others();
  const std::int64_t end = now_ns();
  if (fixed_ == 0) policy_.observe({width, end - begun_ns_, lost_until(end, width), begun_ns_ - idle_since_ns_});
  idle_since_ns_ = end;
  const auto one_more = [](std::atomic<std::int64_t>& count) {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  };
  one_more(published_.passes);
  if (width < threads_) one_more(published_.narrow);
  published_.width.store(this->width(), std::memory_order_relaxed);
  published_.narrowed.store(policy_.narrowings(), std::memory_order_relaxed);
  published_.trials.store(policy_.trials(), std::memory_order_relaxed);
}

// The longest that one member had nothing to do: waiting at meetings, and at the end, when the others were not done.
std::int64_t Team::lost_until(std::int64_t end, int width) const noexcept {
  if (width == 1) return 0;
  std::int64_t lost = 0;
  for (int member = 0; member < width; ++member) {
    const Seat& seat = seats_[static_cast<std::size_t>(member)];
    const std::int64_t last = end - seat.done_ns;
    lost = std::max(lost, seat.waited_ns + (last >= kLateNs ? last : 0));
  }
  return lost;
}

void Team::fix_width(int width) noexcept {
  fixed_ = std::clamp(width, 0, threads_);
  if (fixed_ == 0) policy_.start_over();
  published_.width.store(this->width(), std::memory_order_relaxed);
}

TeamCounts Team::counts() const noexcept {
  const auto read = [](const auto& count) { return count.load(std::memory_order_relaxed); };
  return {read(published_.width), read(published_.passes), read(published_.narrow), read(published_.narrowed),
          read(published_.trials)};
}

void Team::work(int member) noexcept {
  char name[16];
  std::snprintf(name, sizeof name, "headrace-%d", member);
  pthread_setname_np(pthread_self(), name);
  Seat& seat = seats_[static_cast<std::size_t>(member)];
  std::uint32_t seen = 0;
  for (;;) {
    await_change(seat.go, seen, seat.parked, spins_);
    seen = seat.go.load(std::memory_order_acquire);
    if (job_ == nullptr) return;
    job_(context_, member);
    seat.done_ns = now_ns();
    // As in change(): the last one down before looking who sleeps.
    if (working_.fetch_sub(1, std::memory_order_seq_cst) == 1 && waiting_.load(std::memory_order_seq_cst) != 0) {
      syscall(SYS_futex, &working_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
    }
  }
}

}  // namespace headrace
