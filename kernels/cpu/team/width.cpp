#include "cpu/team/width.h"

#include <algorithm>

namespace headrace {

void WidthPolicy::observe(const PassTime& pass) noexcept {
  if (members_ == 1) return;
  const std::int64_t wall = std::max<std::int64_t>(pass.wall_ns, 1);
  since_ns_ += std::max<std::int64_t>(pass.idle_ns, 0) + wall;
  if (pass.width == width_) {
    const std::int64_t lost = std::clamp<std::int64_t>(pass.lost_ns, 0, wall);
    const double share = static_cast<double>(lost) / static_cast<double>(wall);
    const double weight = std::min(kMostWeight, static_cast<double>(wall) / static_cast<double>(kMemoryNs));
    average_ += weight * (share - average_);
    wall_ns_ += wall;
    lost_ns_ += lost;
    ++passes_;
    if (on_trial()) {
      judge_trial();
      return;
    }
    if (average_ > kTooMuchLost && width_ > 1) {
      narrow(lost);
      return;
    }
    if (wall_ns_ >= kTrustNs && passes_ >= kTrustPasses) trust();
  }
  if (width_ < members_ && !on_trial() && since_ns_ >= wait_ns_) try_wider();
}

void WidthPolicy::start_over() noexcept {
  width_ = members_;
  down_ = up_ = 1;
  patience_ = kLeastPatience;
  settle();
}

void WidthPolicy::judge_trial() noexcept {
  if (static_cast<double>(lost_ns_) > kTooMuchLost * static_cast<double>(wall_ns_)) {
    width_ = before_;
    patience_ = std::min(kMostPatience, 2 * patience_);
    wait_ns_ = patience_ * lost_ns_;
    up_ = 1;
    settle();
  } else if (wall_ns_ >= kTrustNs && passes_ >= kTrustPasses) {
    trust();
    wait_ns_ = 0;  // the next step at once: this one has been paid for
    up_ = std::min(2 * up_, members_);
    settle();
  }
}

void WidthPolicy::trust() noexcept {
  const bool calm = static_cast<double>(lost_ns_) < kTooMuchLost / 2 * static_cast<double>(wall_ns_);
  if (calm) down_ = 1;
  if (calm && (on_trial() || width_ == members_)) patience_ = std::max(kLeastPatience, patience_ / 2);
  wall_ns_ = lost_ns_ = 0;
  passes_ = 0;
}

void WidthPolicy::narrow(std::int64_t lost_ns) noexcept {
  ++narrowings_;
  width_ = std::max(1, width_ - down_);
  down_ = std::min(2 * down_, members_);
  up_ = 1;
  wait_ns_ = patience_ * lost_ns;
  settle();
}

void WidthPolicy::try_wider() noexcept {
  ++trials_;
  const int from = width_;
  width_ = std::min(members_, width_ + up_);
  settle();
  before_ = from;
}

// A new width: what was seen of the old one says nothing about it.
void WidthPolicy::settle() noexcept {
  before_ = 0;
  average_ = 0.0;
  since_ns_ = wall_ns_ = lost_ns_ = 0;
  passes_ = 0;
}

}  // namespace headrace
