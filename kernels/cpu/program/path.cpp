#include "cpu/program/path.h"

#include <algorithm>

#include "cpu/attention/move.h"

namespace headrace {

PathView::PathView(const Program& program, const hr_batch& batch, const SequencePlan& plan, int layer, int head,
                   std::uint16_t* pages) noexcept
    : program_(program),
      batch_(batch),
      plan_(plan),
      layer_(layer),
      head_(head),
      committed_(plan.committed),
      halves_(program.page_halves()),
      pages_(pages) {
  std::fill(placed_, placed_ + HR_MAX_TREE, -1);
  if (committed_ % HR_BLOCK_TOKENS != 0) {
    const std::uint16_t* partial = program.page(layer, plan.table[first_page()], head);
    std::copy(partial + halves_ / 2, partial + halves_, pages_ + halves_ / 2);
  }
}

void PathView::extend_to(int row, int depth) noexcept {
  for (int level = depth; level >= 0; --level) {
    if (placed_[level] != row) {
      copy_value(batch_.slot[row], committed_ + level);
      placed_[level] = row;
    }
    row = batch_.parent[row];
  }
}

void PathView::copy_value(int from_slot, int to_slot) noexcept {
  const std::uint16_t* from = program_.page(layer_, plan_.table[from_slot / HR_BLOCK_TOKENS], head_);
  std::uint16_t* to = pages_ + (to_slot / HR_BLOCK_TOKENS - first_page()) * halves_;
  headrace::copy_value(program_.shape.kv_format, from, from_slot % HR_BLOCK_TOKENS, to, to_slot % HR_BLOCK_TOKENS, program_.shape.head_dim);
}

}  // namespace headrace
