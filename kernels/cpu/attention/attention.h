// Attention of query rows over one chunk of 128 tokens, and the fold of chunks; include/headrace/kernels.h states the
// arithmetic.
//
//   page     16 tokens of one key/value head. binary16: K transposed [head_dim][16], then V [16][head_dim].
//            bf16: K [head_dim / 2][16][2], then V [8][head_dim][2], that is pairs of dimensions and of tokens
//   chunk    tokens 128 c .. 128 c + 127 of a sequence, up to 8 pages in logical order
//   partial  of one query row and chunk: o [head_dim] (not yet divided), m (greatest score), l (sum of exponentials)
//   q        rows of head_dim floats, rotated and scaled
//
// Bits     equal for every tier, whatever rows are computed together.
// Absent   tokens at or beyond `visible` are never added: what lies there may be anything, NaN included.
// Shapes   head_dim a multiple of 16, at most 256; group (query heads that share a key/value head) 1 .. 16.
#pragma once
#include <cstdint>

namespace headrace {

constexpr int kPageTokens = 16;
constexpr int kChunkTokens = 128;
constexpr int kChunkPages = kChunkTokens / kPageTokens;
constexpr int kBatchRows = 96;  // query rows of one call
constexpr int kMaxGroup = 16;

// Floats between packed queries: a constant, so that the rows of a micro-kernel are displacements from one pointer, and
// an odd number of cache lines, so that rows do not fall into one set.
constexpr int kQueryStride = 272;

constexpr int kPanelTokens = 64;  // whose widened keys lie together

struct ChunkPages {
  const std::uint16_t* page[kChunkPages];  // those that hold the tokens asked for are valid
  const std::uint16_t*
      next[kChunkPages];  // prefetched meanwhile: the pages this thread wants afterwards, or `page` again
};

// Rows of one call.
struct BatchRows {
  int rows;  // 1 .. kBatchRows
  const float* q[kBatchRows];
  int visible[kBatchRows];  // tokens of the chunk that each sees: 1 .. 128
};

// Scratch of one thread.
struct AttentionScratch {
  float* q;       // [kBatchRows][kQueryStride]
  float* scores;  // [2][kBatchRows][128]: of one chunk, and of the one after it
  float* o;       // [kBatchRows][head_dim]
  float* ml;      // [kBatchRows][2]
  float* panel;   // [2][kChunkTokens][head_dim]: keys and values, widened
};

// Running result of one row over chunks.
struct FoldTarget {
  float* o;   // [head_dim]
  float* ml;  // M, L
};

// Kernels for pages of one format.
struct AttentionKernels {
  // One token's key and value (floats) to a page.
  void (*write)(std::uint16_t* page, int lane, const float* key, const float* value, int head_dim) noexcept;

  // Partials of a batch of rows: o [rows][head_dim], ml [rows][2]; uses q, scores and panel of the scratch.
  void (*partials)(const ChunkPages& chunk, const BatchRows& rows, int head_dim, const AttentionScratch& scratch,
                   float* o, float* ml) noexcept;

  // Partials in pieces, for rows whose tokens lie in other slots than their logical ones.
  // Queries to the scratch.
  void (*pack)(const BatchRows& rows, int head_dim, float* q) noexcept;
  // s [rows][128] = scores of packed queries against the first `visible` tokens of the chunk, rounded up to whole
  // pages. panel: as in the scratch.
  void (*scores)(const ChunkPages& chunk, const float* q, const int* visible, int rows, int head_dim, float* panel,
                 float* s) noexcept;
  // Scores of rows [rows][128] that see n tokens to packed probabilities; ml [rows][2] = m, l.
  void (*softmax)(float* s, int n, int rows, float* ml) noexcept;
  // o [rows][head_dim] += sum over tokens [begin, visible) of p * V, tokens ascending; begin == 0: o starts at zero.
  // begin is even.
  void (*values)(const ChunkPages& chunk, const float* p, const int* visible, int rows, int begin, int head_dim,
                 float* panel, float* o) noexcept;

  // Folds partials of a batch into running results. `first`: they start there.
  void (*fold_batch)(const float* o, const float* ml, int rows, int head_dim, bool first,
                     const FoldTarget* target) noexcept;

  // Folds `count` partials of one row left to right and divides: partial i at o + i * o_stride, ml + i * ml_stride.
  void (*fold_chunks)(const float* o, long o_stride, const float* ml, long ml_stride, int count, int head_dim,
                      float* out) noexcept;

  // o *= 1 / l.
  void (*finish)(float* o, float l, int head_dim) noexcept;
};

}  // namespace headrace
