// Activations of at most 16 rows in the form a product wants them.
//
// Quantised group: integers a with a scale per row and per 32 inputs, block-major so that the rows of one block lie
// together:
//   q      [blocks][rows][planes][32]  bytes in [-127, 127]; one plane: a; two: hi and lo of a = 128 * hi + lo
//   scale  [blocks][rows]              d
//   sum    [blocks][rows]              d * float(sum of a)
//   negsum [blocks][rows]              -(sum of a)
// `rows` is the number of rows of the group and the leading dimension of all four. The group does not say how many
// planes it has: who fills and who multiplies it are chosen together.
#pragma once
#include <cstdint>

namespace headrace {

constexpr int kGroupRows = 16;

// How activations are rounded, by number of planes: int8 to 127 levels of either sign, or two planes to 127 * 128.
enum class Planes { kOne = 1, kTwo = 2 };

constexpr int kPlaneShift = 7;  // log2 of what a step of the high plane is worth

// Compile time only: tier files with different -m flags must not share a compiled copy.
consteval std::int64_t bytes_of_block(Planes planes) { return 32 * static_cast<std::int64_t>(planes); }

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
