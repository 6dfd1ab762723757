// How many members of a team take part in the next pass: a pure function of what the last passes looked like.
//
// Members meet a few hundred times in a pass, so one that shares its processor with another process makes all of them
// wait: two threads beside a busy one are slower than one alone. What tells is the time that punctual members waited at
// meetings, as a share of the pass. A share counts for as long as its pass took, so short and long passes compare.
//
//   wide      The share, averaged over the last passes, exceeds kTooMuchLost: fewer members from now on. One late pass,
//             however late, is no reason; two close together are.
//   narrow    After a wait the next passes are a trial of more members.
//   on trial  It fails as soon as it has lost too large a share of its time: back, and the next wait is longer. It has
//             succeeded after kTrustNs.
//
// A wait is a multiple of what was lost last, so failing trials cost about 1 / kMostPatience of the time, whatever the
// model. The multiple doubles when a trial fails and halves for every kTrustNs without much loss.
//
// Steps: one member; twice as many each time when narrowing follows close on narrowing, or a trial on one that
// succeeded.
//
// No clock, no thread, no memory. Results of passes do not depend on the width.
#pragma once
#include <cstdint>

namespace headrace {

// What a pass looked like.
struct PassTime {
  int width = 1;             // members that took part
  std::int64_t wall_ns = 0;  // from the start to the end
  std::int64_t lost_ns = 0;  // of it, the longest that one member waited because others had not come
  std::int64_t idle_ns = 0;  // between the end of the pass before and the start
};

class WidthPolicy {
 public:
  // The average is over about so much; a single pass counts for at most kMostWeight, so that it is never enough alone.
  static constexpr std::int64_t kMemoryNs = 20'000'000;
  static constexpr double kMostWeight = 0.25;
  // One thread instead of two takes 1.25 (decoding, bound by memory) to 2 times (prompts): 0.2 to 0.5 pays.
  static constexpr double kTooMuchLost = 0.3;
  static_assert(kMostWeight < kTooMuchLost);
  // A neighbour gets its turn in this: several time slices of an operating system.
  static constexpr std::int64_t kTrustNs = 25'000'000;
  static constexpr int kTrustPasses = 2;
  static constexpr int kLeastPatience = 4;
  static constexpr int kMostPatience = 64;

  explicit WidthPolicy(int members) noexcept : members_(members), width_(members) {}

  // Members of the next pass, 1 .. members.
  int width() const noexcept { return width_; }
  bool on_trial() const noexcept { return before_ > 0; }
  std::int64_t narrowings() const noexcept { return narrowings_; }
  std::int64_t trials() const noexcept { return trials_; }

  // A pass is over. One of another width than the policy said is time that went by.
  void observe(const PassTime& pass) noexcept;

  // All members again, and no memory but the counts.
  void start_over() noexcept;

 private:
  void judge_trial() noexcept;
  void trust() noexcept;
  void narrow(std::int64_t lost_ns) noexcept;
  void try_wider() noexcept;
  void settle() noexcept;

  const int members_;
  int width_;
  int before_ = 0;  // width before the trial, 0 when there is none
  int down_ = 1;    // members fewer, when narrowing
  int up_ = 1;      // members more, on trial
  int patience_ = kLeastPatience;
  double average_ = 0.0;       // share lost
  std::int64_t wait_ns_ = 0;   // from the change of the width to the next trial
  std::int64_t since_ns_ = 0;  // since the width changed
  std::int64_t wall_ns_ = 0;   // passes since the width changed, or since trust was last given,
  std::int64_t lost_ns_ = 0;   // what they lost, and
  int passes_ = 0;             // how many they are
  std::int64_t narrowings_ = 0;
  std::int64_t trials_ = 0;
};

}  // namespace headrace
