// Matrix products over a batch: pieces of tiles outside, groups of 16 rows inside, so that a piece of the weights is
// read from memory once and both it and a group of activations stay in the near caches.
#include <algorithm>

#include "cpu/program/pass.h"

namespace headrace {
namespace {

// Tiles of a piece. Few rows: as many bytes of weights as make the counter not matter. Many rows: every piece passes
// over all activations, so it takes several tiles for each group that it fetches, as long as they stay in the second
// cache.
constexpr std::size_t kPieceBytes = 24 << 10;
constexpr int kManyRowsPiece = 4;

int piece_of(const Matrix& m, int members, int rows) noexcept {
  const int by_bytes = static_cast<int>(std::clamp<std::size_t>(kPieceBytes / m.tile_bytes, 1, 8));
  return std::clamp(m.tiles / (4 * members), 1, rows > kGroupRows ? kManyRowsPiece : by_bytes);
}

int groups_of(int rows) noexcept { return (rows + kGroupRows - 1) / kGroupRows; }

// The activations of an operation, whichever kind they are.
class Source {
 public:
  Source(const Pass& pass, const Op& op, int member) noexcept
      : rows_(pass.rows_of(op)),
        quantised_(op.matrix.traits->quantised_activations ? &pass.quantised(op, member) : nullptr) {
    if (quantised_ == nullptr) {
      const Buffer& source = pass.buffer(op.source);
      floats_ = {source.f32, source.width};
    }
  }

  int rows() const noexcept { return rows_; }
  int group_rows(int g) const noexcept { return std::min(kGroupRows, rows_ - g * kGroupRows); }

  // out[tiles][group_rows(g)][16] = tiles t and, if there is one before `end` and a kernel for two, t + 1 of m times
  // group g. Gives the number of tiles done.
  int tiles(const Matrix& m, int t, int end, int g, float* out) const noexcept {
    const std::size_t count = static_cast<std::size_t>(group_rows(g));
    if (quantised_ == nullptr) {
      m.floats[count](m.tile(t), m.columns, {floats_.x + g * kGroupRows * floats_.stride, floats_.stride}, 0, out);
      return 1;
    }
    const bool pair = t + 1 < end && m.pairs[count] != nullptr;
    (pair ? m.pairs : m.quantised)[count](m.tile(t), m.columns, quantised_->group(g, rows_), 0, out);
    return pair ? 2 : 1;
  }

 private:
  int rows_;
  const QuantisedRows* quantised_;
  FloatGroup floats_{nullptr, 0};
};

}  // namespace

void run_matmul(const Pass& pass, const Op& op, int member) noexcept {
  const Program& p = pass.program;
  const Matrix& m = op.matrix;
  const Source source(pass, op, member);
  const Buffer& target = pass.buffer(op.target);
  float* out = p.scratch[static_cast<std::size_t>(member)].tile;
  pass.deal(op, member, m.tiles, piece_of(m, p.team.size(), source.rows()), [&](int begin, int end) {
    for (int g = 0; g < groups_of(source.rows()); ++g) {
      const int count = source.group_rows(g);
      for (int t = begin; t < end;) {
        float* to = target.f32 + g * kGroupRows * target.width + op.offset + t * 16;
        if (op.accumulate && source.rows() > kFewRows) {
          for (int i = 0; i < count; ++i) __builtin_prefetch(to + i * target.width, 1);
        }
        const int done = source.tiles(m, t, end, g, out);
        for (int k = 0; k < done; ++k, ++t, to += 16) {
          const int lanes = static_cast<int>(std::min<std::int64_t>(16, m.rows - std::int64_t{t} * 16));
          const float* bias = op.vector != nullptr ? op.vector + t * 16 : nullptr;
          p.rows.store_tile(out + k * count * 16, count, lanes, bias, op.accumulate, to, target.width);
        }
      }
    }
  });
}

void run_gated(const Pass& pass, const Op& op, int member) noexcept {
  const Program& p = pass.program;
  const Source source(pass, op, member);
  const Buffer& target = pass.buffer(op.target);
  const bool quantised = target.quantised();
  float* scratch = p.scratch[static_cast<std::size_t>(member)].tile;
  // A unit is 32 channels: two tiles of each matrix, one block of the activations that follow.
  const int tiles = op.matrix.tiles;
  pass.deal(op, member, (tiles + 1) / 2, 1, [&](int unit, int) {
    for (int g = 0; g < groups_of(source.rows()); ++g) {
      const int count = source.group_rows(g);
      const int first = 2 * unit;
      const int last = std::min(tiles, first + 2);
      const int size = count * 16;  // of a tile's results
      float* const up = scratch + 2 * size;
      for (int t = first; t < last;) t += source.tiles(op.matrix, t, last, g, scratch + (t - first) * size);
      for (int t = first; t < last;) t += source.tiles(op.second, t, last, g, up + (t - first) * size);
      p.rows.gate(scratch, up, (last - first) * size, scratch);
      if (quantised) {
        const QuantisedGroup group = target.shared.group(g, source.rows());
        for (int i = 0; i < count; ++i) {
          alignas(64) float x[32];
          std::copy(scratch + i * 16, scratch + i * 16 + 16, x);
          std::copy(scratch + size + i * 16, scratch + size + i * 16 + 16, x + 16);
          target.quantise_32(x, group, unit, i);
        }
        continue;
      }
      for (int t = first; t < last; ++t) {
        const int lanes = static_cast<int>(std::min<std::int64_t>(16, op.matrix.rows - std::int64_t{t} * 16));
        p.rows.store_tile(scratch + (t - first) * size, count, lanes, nullptr, false,
                          target.f32 + g * kGroupRows * target.width + t * 16, target.width);
      }
    }
  });
}

}  // namespace headrace
