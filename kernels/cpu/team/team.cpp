#include "cpu/team/team.h"

#include <pthread.h>
#include <signal.h>

#include <cstdio>

namespace headrace {

Team::Team(int threads, std::int32_t tier, int spins)
    : threads_(threads), tier_(tier), spins_(spins), barrier_(threads, spins) {
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
  change(go_, go_.load(std::memory_order_relaxed) + 1, parked_);
  for (std::thread& worker : workers_) worker.join();
}

void Team::run(Job job, void* context) noexcept {
  if (threads_ > 1) {
    job_ = job;
    context_ = context;
    change(go_, go_.load(std::memory_order_relaxed) + 1, parked_);
  }
  job(context, 0);
  barrier_.wait();
}

void Team::work(int member) noexcept {
  char name[16];
  std::snprintf(name, sizeof name, "headrace-%d", member);
  pthread_setname_np(pthread_self(), name);
  std::uint32_t seen = 0;
  for (;;) {
    await_change(go_, seen, parked_, spins_);
    seen = go_.load(std::memory_order_acquire);
    if (job_ == nullptr) return;
    job_(context_, member);
    barrier_.wait();
  }
}

}  // namespace headrace
