// Attention of query rows over one chunk of 128 tokens, and the fold of chunks; include/headrace/kernels.h states the
// arithmetic.
//
//   page     16 tokens of one key/value head, binary16: K transposed [head_dim][16], then V [16][head_dim]
//   chunk    tokens 128 c .. 128 c + 127 of a sequence, up to 8 pages in logical order
//   partial  of one query row and chunk: o [head_dim] (not yet divided), m (greatest score), l (sum of exponentials)
//   q        rows of head_dim floats, rotated and scaled
//
// Bits     equal for every tier and for both ways of computing a partial (decode_chunk, many_chunk).
// Absent   tokens at or beyond `tokens` (or `visible`) are never added: what lies there may be anything, NaN included.
// Shapes   head_dim a multiple of 16, at most 256; group (query heads that share a key/value head) 1 .. 16.
#pragma once
#include <cstdint>

namespace headrace {

constexpr int kPageTokens = 16;
constexpr int kChunkTokens = 128;
constexpr int kChunkPages = kChunkTokens / kPageTokens;
constexpr int kManyRows = 24;  // rows of one many_chunk call
constexpr int kMaxGroup = 16;

struct ChunkPages {
  const std::uint16_t* page[kChunkPages];
  const std::uint16_t*
      next[kChunkPages];  // prefetched meanwhile: the pages this thread wants afterwards, or `page` again
  int tokens;             // 1 .. 128
};

// Rows of one many_chunk call: `visible` tokens of the chunk are seen by each (<= 0: none, nothing is computed for it).
struct ManyRows {
  int rows;  // 1 .. kManyRows
  const float* q[kManyRows];
  int visible[kManyRows];
};

// Scratch of one thread: the widened chunk and the results of many_chunk.
struct ManyScratch {
  float* keys;    // [head_dim][128]
  float* values;  // [128][head_dim]
  float* scores;  // [kManyRows][128]
  float* o;       // [kManyRows][head_dim]
  float m[kManyRows];
  float l[kManyRows];
};

// Running result of one row over chunks.
struct FoldTarget {
  float* o;   // [head_dim]
  float* ml;  // M, L
};

struct AttentionKernels {
  // Partials of `group` rows that see the same tokens, straight from the pages: q [group][head_dim], o
  // [group][head_dim], ml [group][2].
  void (*decode_chunk)(const ChunkPages& chunk, const float* q, int group, int head_dim, float* o, float* ml) noexcept;

  // The first `tokens` tokens of a chunk, rounded up to whole pages, as floats.
  void (*widen_chunk)(const ChunkPages& chunk, int head_dim, const ManyScratch& scratch) noexcept;

  // Partials of many rows over the widened chunk: o, m, l of the scratch.
  void (*many_chunk)(const ManyRows& rows, int head_dim, ManyScratch& scratch) noexcept;

  // Folds the partials of many_chunk into the running results: rows with visible > 0. `first`: they start there.
  void (*fold_many)(const ManyRows& rows, int head_dim, const ManyScratch& scratch, bool first,
                    const FoldTarget* target) noexcept;

  // Folds `count` partials of one row left to right and divides: partial i at o + i * o_stride, ml + i * ml_stride.
  void (*fold_chunks)(const float* o, long o_stride, const float* ml, long ml_stride, int count, int head_dim,
                      float* out) noexcept;

  // o *= 1 / l.
  void (*finish)(float* o, float l, int head_dim) noexcept;
};

}  // namespace headrace
