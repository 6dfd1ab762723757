// The chunks of tree rows that hold more than committed tokens (attend.h says what a path view is).
#pragma once
#include "cpu/program/path.h"
#include "cpu/program/place.h"

namespace headrace {

class TreeTail {
 public:
  explicit TreeTail(const Place& at) noexcept;

  int chunk() const noexcept { return chunk_; }

  // Partials of rows [begin, end), at most Place::rows_of_batch(), of the first such chunk: o [rows x group][head_dim],
  // ml.
  void first(int begin, int end, float* o, float* ml) noexcept;

  // Whether row r, one of the rows that first() was called for last, reaches into the next chunk.
  bool reaches(int r) const noexcept { return at_.length(r) > (chunk_ + 1) * kChunkTokens; }
  // Its partials of that chunk: o [group][head_dim], ml.
  void second(int r, float* o, float* ml) noexcept;

 private:
  float* scores(int which, int row) const noexcept;
  void place(int r, int row) noexcept;
  ChunkPages view(int c, int tokens) const noexcept;

  const Place& at_;
  const int chunk_;
  const int base_;  // committed tokens of the chunk
  int begin_ = 0;
  PathView path_;
};

}  // namespace headrace
