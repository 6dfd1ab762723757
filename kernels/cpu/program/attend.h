// Attention of a whole batch, split into units that members take as they come.
//
//   by chunk  a sequence of few rows: unit = (kv head, chunk of 128 tokens), partial results of all its rows; whoever
//             finishes the last unit of a head folds them left to right. Split and order depend on positions alone.
//   by rows   a sequence of many rows, or one whose partials have no room: unit = (kv head, some rows), chunks folded
//             in place.
//
// Both give the same bits: a partial is a function of a row and a chunk, the fold goes left to right.
//
// Trees. A row of a tree stands in slot committed + index, but plain decoding would have put it at committed + depth,
// and lanes, chunks and sums follow from there. So a tree is accounted by logical position. Chunks of committed tokens
// only are those of a chain. In the last ones (the *tail*, one unit), scores of all rows against all slots are
// computed together, since a score has the same bits in any lane, and moved to where they belong; values of committed
// tokens are summed for all rows together; then each row goes on along its *path view*: private pages into which its
// ancestors' values are copied in logical order.
#pragma once
#include "cpu/program/program.h"

namespace headrace {

constexpr int kPathPages = (HR_BLOCK_TOKENS - 1 + HR_MAX_TREE + HR_BLOCK_TOKENS - 1) / HR_BLOCK_TOKENS;
constexpr int kSplitRows = 16;   // a sequence of at most so many rows is split by chunk
constexpr int kRowsOfUnit = 32;  // rows of a unit that is split by rows

struct SequencePlan {
  int first_row = 0;
  int rows = 0;
  int committed = 0;
  const std::int32_t* table = nullptr;
  bool tree = false;
  bool by_chunk = false;
  int chunks = 0;     // by chunk: of all slots
  int unit_rows = 0;  // by rows
  int units_of_head = 0;
  int first_unit = 0;
  std::int64_t partial = 0;  // by chunk: index of its first partial
};

// Before the members start: what attention will do for this batch.
void plan_attention(Program& program, const hr_batch& batch) noexcept;

// One unit of one operation.
void attend_unit(Program& program, const hr_batch& batch, const Op& op, int unit, int member) noexcept;

}  // namespace headrace
