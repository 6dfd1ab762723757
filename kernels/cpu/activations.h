// Activations of at most 16 rows in the form a product wants them.
//
// Quantised group: int8 with a scale per row and per 32 inputs, block-major so that the rows of one block lie together:
//   q      [blocks][rows][32]   in [-127, 127]
//   scale  [blocks][rows]       d
//   sum    [blocks][rows]       d * float(sum of q)
//   negsum [blocks][rows]       -(sum of q)
// `rows` is the number of rows of the group and the leading dimension of all four.
#pragma once
#include <cstdint>

namespace headrace {

constexpr int kGroupRows = 16;

struct QuantisedGroup {
  std::int8_t* q;
  float* scale;
  float* sum;
  std::int32_t* negsum;
  int rows;
};

// Float group: row-major, `stride` floats from row to row.
struct FloatGroup {
  const float* x;
  std::int64_t stride;
};

}  // namespace headrace
