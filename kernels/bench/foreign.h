// Decoding beside a foreign process: a child that does nothing but burn one processor, left to the scheduler or pinned.
#pragma once
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "headrace/kernels.h"

namespace headrace::bench {

class Foreign {
 public:
  enum Kind { kNobody, kFree, kPinned };

  // A pinned one takes the last processor of this process.
  explicit Foreign(Kind kind) {
    if (kind == kNobody) return;
    child_ = fork();
    if (child_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    if (kind == kPinned) {
      cpu_set_t ours, one;
      sched_getaffinity(0, sizeof ours, &ours);
      int last = 0;
      for (int i = 0; i < CPU_SETSIZE; ++i) last = CPU_ISSET(i, &ours) ? i : last;
      CPU_ZERO(&one);
      CPU_SET(last, &one);
      sched_setaffinity(0, sizeof one, &one);
    }
    for (volatile unsigned long i = 0;;) i = i + 1;
  }
  ~Foreign() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Foreign(const Foreign&) = delete;
  Foreign& operator=(const Foreign&) = delete;

 private:
  pid_t child_ = 0;
};

struct ForeignCase {
  const char* name;
  Foreign::Kind kind;
  int width;  // as hr_team_set_width
  std::vector<double> ms = {};
  std::vector<double> rate = {};  // of each round
  long narrow = 0, narrowed = 0, trials = 0;
};

// `decode(i)` computes one token and gives its seconds. Every case in turn, `rounds` times `tokens` tokens.
template <class Decode>
void foreign(hr_team* team, int rounds, int tokens, Decode&& decode) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  std::vector<ForeignCase> cases = {
      {"quiet, 2 threads", Foreign::kNobody, 2},  {"quiet, adaptive", Foreign::kNobody, 0},
      {"quiet, 1 thread", Foreign::kNobody, 1},   {"free, adaptive", Foreign::kFree, 0},
      {"free, 2 threads", Foreign::kFree, 2},     {"free, 1 thread", Foreign::kFree, 1},
      {"pinned, adaptive", Foreign::kPinned, 0},  {"pinned, 2 threads", Foreign::kPinned, 2},
      {"pinned, 1 thread", Foreign::kPinned, 1},
  };
  for (int round = 0; round < rounds; ++round) {
    for (ForeignCase& c : cases) {
      hr_team_set_width(team, 2);
      for (int i = 0; i < 20; ++i) decode(i);
      hr_team_set_width(team, c.width);
      hr_team_counts before, after;
      hr_team_read_counts(team, &before);
      {
        const Foreign process(c.kind);
        double sum = 0;
        for (int i = 0; i < tokens; ++i) {
          const double seconds = decode(i);
          c.ms.push_back(1e3 * seconds);
          sum += seconds;
        }
        c.rate.push_back(tokens / sum);
      }
      hr_team_read_counts(team, &after);
      c.narrow += after.narrow_passes - before.narrow_passes;
      c.narrowed += after.narrowed - before.narrowed;
      c.trials += after.trials - before.trials;
    }
  }
  std::printf("| neighbour, team | mean ms | median | p99 | max | passes/s (%d rounds) | narrow | narrowed | trials |\n",
              rounds);
  for (ForeignCase& c : cases) {
    std::sort(c.ms.begin(), c.ms.end());
    std::sort(c.rate.begin(), c.rate.end());
    double mean = 0;
    for (const double x : c.ms) mean += x / static_cast<double>(c.ms.size());
    const auto at = [&](double q) { return c.ms[static_cast<std::size_t>(q * static_cast<double>(c.ms.size() - 1))]; };
    std::printf("| %-18s | %.2f | %.2f | %.2f | %.1f | %.1f (%.1f-%.1f) | %.0f %% | %ld | %ld |\n", c.name, mean,
                at(0.5), at(0.99), c.ms.back(), c.rate[c.rate.size() / 2], c.rate.front(), c.rate.back(),
                100.0 * static_cast<double>(c.narrow) / static_cast<double>(c.ms.size()), c.narrowed, c.trials);
  }
}

}  // namespace headrace::bench
