// Where things lie in a packed tile: 16 output rows x all inputs, blocks of 32 inputs ascending. Every offset is in
// bytes from the tile's start; b is a block of 32 inputs. Lane n of every vector is output row n.
//
//   codes    vectors of 64 bytes; byte i of 32-bit lane n belongs to row n and input 4 j + i of the block, j = the
//            vector's number:
//            nibbles  4 vectors: low nibble input 4 j + i, high nibble input 16 + 4 j + i (a Q4 file's byte groups)
//            bytes    8 vectors (Q8_0): code + 128
//   fifth    1 vector (Q5): bit j of byte i of lane n = fifth bit of input 4 j + i, j in 0..7
//   scales   16 binary16 as in the file; two blocks share one 64-byte line where a lone block would break the alignment
//            of what follows
//
// Q4_0, Q5_0, Q8_0  pairs of blocks: [scales of b | scales of b + 1][codes of b, fifth of b][codes of b + 1, fifth of
//                   b + 1]; an odd last block is followed by a zero block that no kernel reads
// Q4_1, Q5_1        [scales | minimums][codes][fifth]
// Q4_K, Q5_K        per 256 inputs: [scales | minimums][8 x (16 sub-scales, 16 sub-minimums, one byte each)]
//                   [8 x (codes, fifth)]
// Q6_K              per 256 inputs: [16 scales as binary32][16 x 16 signed sub-scales]
//                   [16 x (2 vectors of nibbles, 1 of upper bits)]; per 16 inputs: low nibble of vector j is input
//                   4 j + i, high nibble input 8 + 4 j + i; bits 2 j, 2 j + 1 of byte i of lane n are the upper bits of
//                   input 4 j + i, j in 0..3
// F32, F16, BF16    [columns][16 rows], padded to 64 bytes
//
// Sizes equal the file's except Q4_K (+2.8 %), Q5_K (+2.3 %), Q6_K (+1 %) and the padding block of an odd pair.
//
// The namespace is anonymous on purpose: files with different -m flags include this and must not share compiled copies.
#pragma once
#include <cstdint>

namespace headrace {
namespace {

using Offset = std::int64_t;

template <int kCodeBytes>
struct PairLayout {
  static constexpr Offset kPair = 64 + 2 * kCodeBytes;
  static constexpr Offset bytes(Offset columns) { return (columns / 32 + 1) / 2 * kPair; }
  static constexpr Offset scales(Offset b) { return (b >> 1) * kPair + (b & 1) * 32; }
  static constexpr Offset codes(Offset b) { return (b >> 1) * kPair + 64 + (b & 1) * kCodeBytes; }
};

template <int kCodeBytes>
struct MinimumLayout {
  static constexpr Offset kBlock = 64 + kCodeBytes;
  static constexpr Offset bytes(Offset columns) { return columns / 32 * kBlock; }
  static constexpr Offset scales(Offset b) { return b * kBlock; }
  static constexpr Offset minimums(Offset b) { return b * kBlock + 32; }
  static constexpr Offset codes(Offset b) { return b * kBlock + 64; }
};

template <int kCodeBytes>
struct SuperLayout {
  static constexpr Offset kSuper = 64 + 8 * 32 + 8 * kCodeBytes;
  static constexpr Offset bytes(Offset columns) { return columns / 256 * kSuper; }
  static constexpr Offset scales(Offset b) { return (b >> 3) * kSuper; }
  static constexpr Offset minimums(Offset b) { return (b >> 3) * kSuper + 32; }
  static constexpr Offset sub_scales(Offset b) { return (b >> 3) * kSuper + 64 + (b & 7) * 32; }
  static constexpr Offset sub_minimums(Offset b) { return sub_scales(b) + 16; }
  static constexpr Offset codes(Offset b) { return (b >> 3) * kSuper + 320 + (b & 7) * kCodeBytes; }
};

struct SixLayout {
  static constexpr Offset kSuper = 64 + 256 + 16 * 192;
  static constexpr Offset bytes(Offset columns) { return columns / 256 * kSuper; }
  static constexpr Offset scales(Offset b) { return (b >> 3) * kSuper; }
  static constexpr Offset sub_scales(Offset b) {
    return (b >> 3) * kSuper + 64 + (b & 7) * 32;
  }                                                                                            // two sub-blocks of 16
  static constexpr Offset codes(Offset b) { return (b >> 3) * kSuper + 320 + (b & 7) * 384; }  // two sub-blocks of 192
};

template <int kBytes>
struct FloatLayout {
  static constexpr Offset bytes(Offset columns) { return (columns * 16 * kBytes + 63) / 64 * 64; }
  static constexpr Offset column(Offset k) { return k * 16 * kBytes; }
};

using LayoutQ4_0 = PairLayout<256>;
using LayoutQ5_0 = PairLayout<320>;
using LayoutQ8_0 = PairLayout<512>;
using LayoutQ4_1 = MinimumLayout<256>;
using LayoutQ5_1 = MinimumLayout<320>;
using LayoutQ4_K = SuperLayout<256>;
using LayoutQ5_K = SuperLayout<320>;
using LayoutQ6_K = SixLayout;
using LayoutF32 = FloatLayout<4>;
using LayoutF16 = FloatLayout<2>;
using LayoutBF16 = FloatLayout<2>;

constexpr Offset kFifth = 256;     // from a block's codes to its vector of fifth bits
constexpr Offset kSixHalf = 192;   // from a sub-block's codes to the next one's
constexpr Offset kSixUpper = 128;  // from a sub-block's codes to its vector of upper bits

}  // namespace
}  // namespace headrace
