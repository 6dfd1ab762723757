#include "cpu/program/tail.h"

#include <algorithm>

namespace headrace {

TreeTail::TreeTail(const Place& at) noexcept
    : at_(at),
      chunk_(at.plan.committed / kChunkTokens),
      base_(at.plan.committed % kChunkTokens),
      path_(at.program, at.batch, at.plan, at.layer, at.head, at.scratch.pages) {}

float* TreeTail::scores(int which, int row) const noexcept {
  return at_.scratch.attention.scores + (which * kBatchRows + row) * kChunkTokens;
}

// The scores of a row of the call, moved from the slots of its ancestors to their logical places.
void TreeTail::place(int r, int row) noexcept {
  const std::int32_t first = at_.plan.first_row;
  float path[HR_MAX_TREE];
  const int depth = at_.depth(r);
  std::int32_t node = first + r;
  for (int level = depth; level >= 0; --level) {
    const int slot = base_ + (node - first);
    path[level] = scores(slot / kChunkTokens, row)[slot % kChunkTokens];
    node = at_.batch.parent[node];
  }
  const int here = std::min(depth + 1, kChunkTokens - base_);
  std::copy(path, path + here, scores(0, row) + base_);
  std::copy(path + here, path + depth + 1, scores(1, row));
}

ChunkPages TreeTail::view(int c, int tokens) const noexcept {
  ChunkPages view;
  const int pages = (tokens + kPageTokens - 1) / kPageTokens;
  for (int b = 0; b < kChunkPages; ++b) {
    const int index = kChunkPages * c + std::min(b, pages - 1);
    view.page[b] = view.next[b] = index < path_.first_page() ? at_.page(index) : path_.page(index);
  }
  return view;
}

void TreeTail::first(int begin, int end, float* o, float* ml) noexcept {
  const AttentionKernels& kernels = at_.kernels;
  const AttentionScratch& w = at_.scratch.attention;
  const int group = at_.group();
  const int slots = base_ + end;  // of both chunks
  begin_ = begin;
  BatchRows rows;
  rows.rows = 0;
  for (int r = begin; r < end; ++r) at_.add_row(rows, r, std::min(slots, kChunkTokens));
  kernels.pack(rows, at_.dim(), w.q);
  const ChunkPages pages = at_.chunk(chunk_, std::min(slots, kChunkTokens));
  kernels.scores(pages, w.q, rows.visible, rows.rows, at_.dim(), w.panel, scores(0, 0));
  if (slots > kChunkTokens) {
    std::fill(rows.visible, rows.visible + rows.rows, slots - kChunkTokens);
    kernels.scores(at_.chunk(chunk_ + 1, slots - kChunkTokens), w.q, rows.visible, rows.rows, at_.dim(), w.panel,
                   scores(1, 0));
  }
  for (int r = begin; r < end; ++r) {
    const int row = (r - begin) * group;
    for (int h = 0; h < group; ++h) place(r, row + h);
    kernels.softmax(scores(0, row), seen(at_.length(r), chunk_), group, ml + 2 * row);
  }
  const int shared = base_ / 2 * 2;
  if (shared > 0) {
    std::fill(rows.visible, rows.visible + rows.rows, shared);
    kernels.values(pages, scores(0, 0), rows.visible, rows.rows, 0, at_.dim(), w.panel, o);
  }
  int visible[kMaxGroup];
  for (int r = begin; r < end; ++r) {
    path_.extend_to(at_.plan.first_row + r, at_.depth(r));
    const int row = (r - begin) * group;
    const int tokens = seen(at_.length(r), chunk_);
    std::fill(visible, visible + group, tokens);
    kernels.values(view(chunk_, tokens), scores(0, row), visible, group, shared, at_.dim(),
                   w.panel, o + std::int64_t{row} * at_.dim());
  }
}

void TreeTail::second(int r, float* o, float* ml) noexcept {
  const int group = at_.group();
  const int row = (r - begin_) * group;
  const int tokens = seen(at_.length(r), chunk_ + 1);
  int visible[kMaxGroup];
  std::fill(visible, visible + group, tokens);
  at_.kernels.softmax(scores(1, row), tokens, group, ml);
  path_.extend_to(at_.plan.first_row + r, at_.depth(r));
  at_.kernels.values(view(chunk_ + 1, tokens), scores(1, row), visible, group, 0, at_.dim(),
                     at_.scratch.attention.panel, o);
}

}  // namespace headrace
