// One kv head of one sequence in one attention operation: what its units share.
#pragma once
#include <algorithm>

#include "cpu/program/attend.h"
#include "cpu/program/program.h"

namespace headrace {

struct Place {
  Program& program;
  const hr_batch& batch;
  const SequencePlan& plan;
  int sequence;
  int layer;
  int head;
  const float* projected;  // rows of q | k | v
  std::int64_t source_width;
  float* target;  // rows of heads x head_dim
  Scratch& scratch;
  const AttentionKernels& kernels;

  int dim() const noexcept { return program.shape.head_dim; }
  int group() const noexcept { return program.group(); }
  // Rows of the sequence that one call takes.
  int rows_of_batch() const noexcept { return kBatchRows / group(); }
  // The group's queries of row r of the sequence, one after the other.
  const float* q(int r) const noexcept {
    return projected + (plan.first_row + r) * source_width + std::int64_t{head} * group() * dim();
  }
  float* out(int r) const noexcept {
    return target + (std::int64_t{plan.first_row + r} * program.shape.heads + std::int64_t{head} * group()) * dim();
  }
  float* running(int r) const noexcept {
    return program.running +
           2 * (std::int64_t{plan.first_row + r} * program.shape.heads + std::int64_t{head} * group());
  }
  const std::uint16_t* page(int index) const noexcept { return program.page(layer, plan.table[index], head); }
  int depth(int r) const noexcept {
    return plan.tree ? program.depth[static_cast<std::size_t>(plan.first_row + r)] : r;
  }
  // Tokens that row r sees.
  int length(int r) const noexcept { return plan.committed + depth(r) + 1; }

  // Index of the partial of chunk c and row r: by chunk only.
  std::int64_t partial(int c, int r) const noexcept {
    return plan.partial + ((std::int64_t{head} * plan.chunks + c) * plan.rows + r) * group();
  }

  // The pages of chunk c that hold its first `tokens` slots; what follows in this sequence is prefetched.
  ChunkPages chunk(int c, int tokens) const noexcept {
    ChunkPages view;
    const int pages = (tokens + kPageTokens - 1) / kPageTokens;
    const int all = (plan.committed + plan.rows + kPageTokens - 1) / kPageTokens;
    for (int b = 0; b < kChunkPages; ++b) {
      view.page[b] = page(kChunkPages * c + std::min(b, pages - 1));
      const int after = kChunkPages * (c + 1) + b;
      view.next[b] = after < all ? page(after) : following(b, view.page[b]);
    }
    return view;
  }

  // Adds the queries of row r, which sees `visible` tokens of the chunk.
  void add_row(BatchRows& rows, int r, int visible) const noexcept {
    for (int h = 0; h < group(); ++h, ++rows.rows) {
      rows.q[rows.rows] = q(r) + h * dim();
      rows.visible[rows.rows] = visible;
    }
  }

 private:
  // Page b of the next head, after the last chunk of this one.
  const std::uint16_t* following(int b, const std::uint16_t* own) const noexcept {
    const bool exists = head + 1 < program.shape.kv_heads && b * kPageTokens < plan.committed + plan.rows;
    return exists ? program.page(layer, plan.table[b], head + 1) : own;
  }
};

inline int chunks_of(int tokens) noexcept { return (tokens + kChunkTokens - 1) / kChunkTokens; }

// Tokens of chunk c that a row of `length` tokens sees; may be negative.
inline int seen(int length, int c) noexcept { return std::min(length - c * kChunkTokens, kChunkTokens); }

}  // namespace headrace
