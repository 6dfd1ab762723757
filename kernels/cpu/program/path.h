// The private pages of a tree row's path view (attend.h says why): logical page `first_page()` and those after it,
// values only.
//
// Rows that follow each other mostly share ancestors, so only the tokens in which a path differs from the one before
// are copied.
#pragma once
#include "cpu/program/attend.h"
#include "cpu/program/program.h"

namespace headrace {

class PathView {
 public:
  // `pages`: room for kPathPages pages, finite memory.
  PathView(const Program& program, const hr_batch& batch, const SequencePlan& plan, int layer, int head,
           std::uint16_t* pages) noexcept;

  // Afterwards the pages hold the values of the tokens that row `row` of the batch, `depth` levels below the committed
  // ones, sees.
  void extend_to(int row, int depth) noexcept;

  int first_page() const noexcept { return committed_ / HR_BLOCK_TOKENS; }
  const std::uint16_t* page(int index) const noexcept { return pages_ + (index - first_page()) * halves_; }

 private:
  void copy_value(int from_slot, int to_slot) noexcept;

  const Program& program_;
  const hr_batch& batch_;
  const SequencePlan& plan_;
  const int layer_;
  const int head_;
  const int committed_;
  const std::int64_t halves_;
  std::uint16_t* pages_;
  int placed_[HR_MAX_TREE];  // by depth: the row whose token lies there
};

}  // namespace headrace
