// A program: the operations of a model, resolved once to kernels, buffers and barriers, and walked by every pass.
//
// Everything a pass needs is allocated here; a pass allocates nothing. One pass at a time.
//
// Few and many rows. An operation over at most kFewRows rows is done differently: norms and conversions into quantised
// buffers are repeated by every member into a copy of its own, which costs less than a barrier and lines of one group
// that members pass to and fro. Rows of the batch and wanted rows are few or many independently: that makes four plans,
// and each operation knows per plan where a barrier stands before it.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "cpu/activations.h"
#include "cpu/dispatch/row_kernels.h"
#include "cpu/matmul/matmul.h"
#include "cpu/memory/memory.h"
#include "cpu/quantise/quantise.h"
#include "cpu/team/splitter.h"
#include "cpu/team/team.h"
#include "headrace/kernels.h"

namespace headrace {

constexpr int kFewRows = 16;
constexpr int kWideGroups = 8;  // groups of rows that a wide product takes at once
constexpr int kPlans = 4;

// Bit 0: few rows in the batch. Bit 1: few wanted rows.
inline int plan_of(int rows, int wanted) noexcept { return (rows <= kFewRows ? 1 : 0) | (wanted <= kFewRows ? 2 : 0); }
inline bool few_in_plan(int plan, bool wanted) noexcept { return (plan & (wanted ? 2 : 1)) != 0; }

// Quantised activations, groups of 16 rows one after the other.
struct QuantisedRows {
  Planes planes = Planes::kOne;
  std::int8_t* q = nullptr;
  float* scale = nullptr;
  float* sum = nullptr;
  std::int32_t* negsum = nullptr;
  std::int64_t width = 0;

  // Group g of `rows` rows altogether.
  QuantisedGroup group(int g, int rows) const noexcept {
    const std::int64_t first = std::int64_t{g} * kGroupRows;
    const std::int64_t blocks = width / 32;
    const int left = rows - g * kGroupRows;
    return {q + first * width * static_cast<int>(planes), scale + first * blocks, sum + first * blocks, negsum + first * blocks,
            left < kGroupRows ? left : kGroupRows};
  }
};

struct Buffer {
  std::int32_t kind = HR_BUFFER_F32;
  int rows = 0;
  std::int64_t width = 0;
  float* f32 = nullptr;
  QuantisedRows shared;
  std::vector<QuantisedRows> own;    // kFewRows rows for each member, where an operation repeats itself
  int own_filled = 1;                // so many of them, from the first, hold the latest rows
  QuantiseRow quantise = nullptr;    // how rows get here, or null for floats
  QuantiseTiles quantise_tiles = nullptr;

  bool quantised() const noexcept { return kind != HR_BUFFER_F32; }
};

struct Matrix {
  const FormatTraits* traits = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  const std::byte* packed = nullptr;
  std::size_t tile_bytes = 0;
  int tiles = 0;
  std::array<QuantisedTile, kGroupRows + 1> quantised{};  // by number of rows
  std::array<QuantisedTile, kGroupRows + 1> pairs{};      // two neighbouring tiles at once, null where that is no gain
  QuantisedWide wide = nullptr;                           // the same for any number of groups
  std::array<FloatTile, kGroupRows + 1> floats{};

  const std::byte* tile(int t) const noexcept { return packed + static_cast<std::size_t>(t) * tile_bytes; }
};

struct Op {
  std::int32_t kind = 0;
  int source = -1;
  int target = -1;
  int layer = 0;
  std::int64_t offset = 0;
  bool accumulate = false;
  bool wanted = false;
  float scalar = 0.0f;
  Matrix matrix;
  Matrix second;
  int run = 1;  // products from here on that are dealt together: same source and target, columns of their own
  const float* vector = nullptr;  // copies, padded to 16 with zeros
  const float* second_vector = nullptr;
  std::array<bool, kPlans> barrier{};     // before this operation
  std::array<bool, kPlans> own_source{};  // the source is each member's own copy
};

// What a member needs for itself.
struct Scratch {
  float* row = nullptr;   // widest buffer
  float* tile = nullptr;  // [2][kWideGroups][2][16][16]: results of the tiles of one gated unit
  AttentionScratch attention{};
  std::uint16_t* pages = nullptr;  // path view: kPathPages pages
};

// Work of one sequence in every attention operation of a pass; attend.h.
struct SequencePlan;

struct Program {
  Program(Team& the_team, const hr_shape& the_shape, std::int32_t buffers, std::int32_t ops);
  ~Program();

  Team& team;
  const RowKernels& rows;
  const AttentionKernels& attention;
  hr_shape shape;  // cos and sin point to our copies
  std::uint16_t* pages = nullptr;
  std::int32_t blocks = 0;
  std::vector<Buffer> buffer;
  std::vector<Op> op;
  std::vector<Scratch> scratch;            // by member
  std::unique_ptr<Counter[]> counters;     // [ops][members]
  float* rope_rows = nullptr;              // [max_rows][2][head_dim]: cos and sin of each row of the batch, spread
  std::vector<std::uint32_t> block_stamp;  // batch check: who writes a block in this pass
  std::uint32_t stamp = 0;

  std::vector<SequencePlan> plan;  // by sequence; its size is max_sequences
  int planned = 0;
  int attention_units = 0;
  std::unique_ptr<Counter[]> finished;  // [max_sequences][kv_heads]: chunks done
  std::vector<std::int32_t> depth;      // [max_rows]: ancestors of a row inside the batch
  float* running = nullptr;             // [max_rows][heads][2]: M and L of rows folded in place
  std::int64_t partial_rows = 0;        // capacity of the two below
  float* partial_o = nullptr;           // [partial_rows][head_dim]
  float* partial_ml = nullptr;          // [partial_rows][2]

  std::vector<Memory> memory;  // all of the above

  int group() const noexcept { return shape.heads / shape.kv_heads; }
  std::int64_t page_halves() const noexcept { return std::int64_t{2} * HR_BLOCK_TOKENS * shape.head_dim; }
  std::uint16_t* page(int layer, std::int32_t block, int head) const noexcept {
    return pages + ((std::int64_t{block} * shape.layers + layer) * shape.kv_heads + head) * page_halves();
  }
};

}  // namespace headrace
