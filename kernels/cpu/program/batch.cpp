#include "cpu/program/batch.h"

#include <algorithm>
#include <cstddef>

namespace headrace {
namespace {

bool within(std::int64_t x, std::int64_t low, std::int64_t high) noexcept { return x >= low && x <= high; }

// Rows of sequence s: slots, positions, parents; fills Program::depth.
bool rows_are_sound(Program& p, const hr_batch& b, int s) noexcept {
  const int first = b.first_row[s];
  const int end = b.first_row[s + 1];
  bool chain = true;
  for (int r = first; r < end; ++r) {
    if (!within(b.position[r], 0, p.shape.positions - 1)) return false;
    if (b.slot[r] != std::int64_t{b.committed[s]} + (r - first)) return false;
    if (b.parent[r] != -1 && !within(b.parent[r], first, r - 1)) return false;
    p.depth[static_cast<std::size_t>(r)] = b.parent[r] == -1 ? 0 : p.depth[static_cast<std::size_t>(b.parent[r])] + 1;
    chain = chain && b.parent[r] == (r == first ? -1 : r - 1);
  }
  return chain || end - first <= HR_MAX_TREE;
}

std::int64_t blocks_used(const hr_batch& b, int s) noexcept {
  const std::int64_t slots = std::int64_t{b.committed[s]} + (b.first_row[s + 1] - b.first_row[s]);
  return (slots + HR_BLOCK_TOKENS - 1) / HR_BLOCK_TOKENS;
}

// Stamps the blocks that each sequence writes with a number of its own, then looks for strangers in every table.
bool blocks_are_sound(Program& p, const hr_batch& b) noexcept {
  if (p.stamp > UINT32_MAX - static_cast<std::uint32_t>(b.sequences) - 1) {
    std::fill(p.block_stamp.begin(), p.block_stamp.end(), 0u);
    p.stamp = 0;
  }
  const std::uint32_t base = p.stamp + 1;
  p.stamp += static_cast<std::uint32_t>(b.sequences);
  for (int s = 0; s < b.sequences; ++s) {
    if (blocks_used(b, s) > b.table_stride) return false;
    const std::int32_t* table = b.table + static_cast<std::ptrdiff_t>(s) * b.table_stride;
    for (std::int64_t i = 0; i < blocks_used(b, s); ++i) {
      if (!within(table[i], 0, p.blocks - 1)) return false;
    }
    for (std::int64_t i = b.committed[s] / HR_BLOCK_TOKENS; i < blocks_used(b, s); ++i) {
      std::uint32_t& writer = p.block_stamp[static_cast<std::size_t>(table[i])];
      if (writer >= base) return false;  // written by another sequence, or twice by this one
      writer = base + static_cast<std::uint32_t>(s);
    }
  }
  for (int s = 0; s < b.sequences; ++s) {
    const std::int32_t* table = b.table + static_cast<std::ptrdiff_t>(s) * b.table_stride;
    for (std::int64_t i = 0; i < b.committed[s] / HR_BLOCK_TOKENS; ++i) {  // only read: nobody may be writing there
      if (p.block_stamp[static_cast<std::size_t>(table[i])] >= base) return false;
    }
  }
  return true;
}

bool tokens_are_sound(const Program& p, const hr_batch& b, std::int32_t first_op, std::int32_t end_op) noexcept {
  std::int64_t known = INT64_MAX;
  for (std::int32_t i = first_op; i < end_op; ++i) {
    const Op& op = p.op[static_cast<std::size_t>(i)];
    if (op.kind == HR_EMBED) known = std::min(known, op.matrix.rows);
  }
  if (known == INT64_MAX) return true;
  return std::all_of(b.token, b.token + b.rows, [known](std::int32_t t) { return within(t, 0, known - 1); });
}

}  // namespace

bool is_chain(const hr_batch& b, int s) noexcept {
  for (int r = b.first_row[s] + 1; r < b.first_row[s + 1]; ++r) {
    if (b.parent[r] != r - 1) return false;
  }
  return true;
}

hr_status check_batch(Program& p, const hr_batch& b, std::int32_t first_op, std::int32_t end_op) noexcept {
  if (b.token == nullptr || b.position == nullptr || b.slot == nullptr || b.parent == nullptr ||
      b.first_row == nullptr || b.committed == nullptr || (b.table == nullptr && p.pages != nullptr) ||
      (b.wanted > 0 && b.wanted_rows == nullptr)) {
    return HR_NULL_POINTER;
  }
  if (!within(b.rows, 1, p.shape.max_rows) || !within(b.sequences, 1, p.shape.max_sequences) ||
      !within(b.wanted, 0, p.shape.max_wanted) || b.table_stride < 0) {
    return HR_BAD_BATCH;
  }
  if (!tokens_are_sound(p, b, first_op, end_op)) return HR_BAD_BATCH;
  for (int i = 0; i < b.wanted; ++i) {
    if (!within(b.wanted_rows[i], i == 0 ? 0 : std::int64_t{b.wanted_rows[i - 1]} + 1, b.rows - 1)) return HR_BAD_BATCH;
  }
  if (b.first_row[0] != 0 || b.first_row[b.sequences] != b.rows) return HR_BAD_BATCH;
  for (int s = 0; s < b.sequences; ++s) {
    if (!within(b.first_row[s + 1], std::int64_t{b.first_row[s]} + 1, b.rows)) return HR_BAD_BATCH;
    if (!within(b.committed[s], 0, p.shape.positions - 1)) return HR_BAD_BATCH;
    if (!rows_are_sound(p, b, s)) return HR_BAD_BATCH;
  }
  if (p.pages != nullptr && !blocks_are_sound(p, b)) return HR_BAD_BATCH;
  return HR_OK;
}

}  // namespace headrace
