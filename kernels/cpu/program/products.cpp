// Matrix products over a batch, dealt in pieces of whole pairs of tiles: a piece of the weights is read from memory once,
// and both it and the activations it meets stay in the near caches.
#include <algorithm>

#include "cpu/program/pass.h"

namespace headrace {
namespace {

// Pairs of a piece. Few rows: as many bytes of weights as make the counter not matter. Many rows: every piece passes
// over all activations, so it takes several pairs for each group that it fetches, as long as they stay in the second
// cache.
constexpr std::size_t kPieceBytes = 24 << 10;
constexpr int kManyRowsPiece = 2;

// Rows of a target that are near anyway: those of more are fetched before products are written or added to them.
constexpr int kNearRows = 2;

int pairs_of(const Matrix& m) noexcept { return (m.tiles + 1) / 2; }

int piece_of(const Matrix& m, int pairs, int members, int rows) noexcept {
  const int by_bytes = static_cast<int>(std::clamp<std::size_t>(kPieceBytes / (2 * m.tile_bytes), 1, 4));
  return std::clamp(pairs / (4 * members), 1, rows > kGroupRows ? kManyRowsPiece : by_bytes);
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
  int groups() const noexcept { return groups_of(rows_); }
  int group_rows(int g) const noexcept { return std::min(kGroupRows, rows_ - g * kGroupRows); }

  // A pair of tiles of m (the last one may be alone) times groups [from, from + count), at most kWideGroups: group
  // from + i's results at out + i * kWideGroup, [tiles][rows of the group][16]. Gives the number of tiles.
  int pair(const Matrix& m, int pair, int from, int count, float* out) const noexcept {
    const int tiles = std::min(2, m.tiles - 2 * pair);
    if (tiles == 2 && m.wide != nullptr && rows_ >= kWideRows) {
      QuantisedGroup groups[kWideGroups];
      for (int i = 0; i < count; ++i) groups[i] = quantised_->group(from + i, rows_);
      m.wide(m.tile(2 * pair), m.columns, groups, count, out);
      return tiles;
    }
    for (int i = 0; i < count; ++i) group(m, 2 * pair, tiles, from + i, out + i * kWideGroup);
    return tiles;
  }

 private:
  void group(const Matrix& m, int tile, int tiles, int g, float* out) const noexcept {
    const std::size_t count = static_cast<std::size_t>(group_rows(g));
    if (tiles == 2 && m.pairs[count] != nullptr) {
      m.pairs[count](m.tile(tile), m.columns, quantised_->group(g, rows_), 0, out);
      return;
    }
    for (int t = tile; t < tile + tiles; ++t, out += count * 16) {
      if (quantised_ != nullptr)
        m.quantised[count](m.tile(t), m.columns, quantised_->group(g, rows_), 0, out);
      else
        m.floats[count](m.tile(t), m.columns, {floats_.x + g * kGroupRows * floats_.stride, floats_.stride}, 0, out);
    }
  }

  int rows_;
  const QuantisedRows* quantised_;
  FloatGroup floats_{nullptr, 0};
};

// Lanes of tile t that are outputs.
int lanes_of(const Matrix& m, int t) noexcept {
  return static_cast<int>(std::min<std::int64_t>(16, m.rows - std::int64_t{t} * 16));
}

}  // namespace

void run_matmul(const Pass& pass, const Op& op, int count, int member) noexcept {
  const Program& p = pass.program;
  const Source source(pass, op, member);
  const Buffer& target = pass.buffer(op.target);
  float* const out = p.scratch[static_cast<std::size_t>(member)].tile;
  const auto store = [&](const Op& each, int pair, int tiles, int g, const float* results) {
    const int rows = source.group_rows(g);
    float* to = target.f32 + g * kGroupRows * target.width + each.offset + pair * 32;
    for (int t = 2 * pair; t < 2 * pair + tiles; ++t, to += 16, results += rows * 16) {
      const float* bias = each.vector != nullptr ? each.vector + t * 16 : nullptr;
      p.rows.store_tile(results, rows, lanes_of(each.matrix, t), bias, each.accumulate, to, target.width);
    }
  };
  const auto product = [&](const Op& each, int pair, int g, int groups) {
    if (source.rows() > (each.accumulate ? kNearRows : kGroupRows)) {
      const float* to = target.f32 + g * kGroupRows * target.width + each.offset + pair * 32;
      const int rows = std::min(groups * kGroupRows, source.rows() - g * kGroupRows);
      for (int i = 0; i < rows; ++i, to += target.width) {
        __builtin_prefetch(to, 1);
        __builtin_prefetch(to + 16, 1);
      }
    }
    const int tiles = source.pair(each.matrix, pair, g, groups, out);
    for (int i = 0; i < groups; ++i) store(each, pair, tiles, g + i, out + i * kWideGroup);
  };
  int pairs = 0;
  for (int i = 0; i < count; ++i) pairs += pairs_of((&op)[i].matrix);
  pass.deal(op, member, pairs, piece_of(op.matrix, pairs, p.team.size(), source.rows()), [&](int begin, int end) {
    for (int g = 0; g < source.groups(); g += kWideGroups) {
      const int groups = std::min(kWideGroups, source.groups() - g);
      const Op* each = &op;
      int first = 0;  // of each
      for (int pair = begin; pair < end; ++pair) {
        for (; pair - first >= pairs_of(each->matrix); ++each) first += pairs_of(each->matrix);
        product(*each, pair - first, g, groups);
      }
    }
  });
}

void run_gated(const Pass& pass, const Op& op, int member) noexcept {
  const Program& p = pass.program;
  const Source source(pass, op, member);
  const Buffer& target = pass.buffer(op.target);
  const bool quantised = target.quantised();
  float* const gates = p.scratch[static_cast<std::size_t>(member)].tile;
  float* const ups = gates + kWideGroups * kWideGroup;
  const auto store = [&](int pair, int tiles, int g, float* gated, const float* up) {
    const int count = source.group_rows(g);
    p.rows.gate(gated, up, tiles * count * 16, gated);
    if (quantised) {
      const QuantisedGroup group = target.shared.group(g, source.rows());
      // The width is a multiple of 32, so there are two tiles.
      target.quantise_tiles(gated, gated + count * 16, group, pair, count);
      return;
    }
    float* to = target.f32 + g * kGroupRows * target.width + pair * 32;
    for (int t = 2 * pair; t < 2 * pair + tiles; ++t, to += 16, gated += count * 16)
      p.rows.store_tile(gated, count, lanes_of(op.matrix, t), nullptr, false, to, target.width);
  };
  // A unit is 32 channels: a pair of tiles of each matrix, one block of the activations that follow.
  pass.deal(op, member, pairs_of(op.matrix), 1, [&](int pair, int) {
    for (int g = 0; g < source.groups(); g += kWideGroups) {
      const int groups = std::min(kWideGroups, source.groups() - g);
      const int tiles = source.pair(op.matrix, pair, g, groups, gates);
      source.pair(op.second, pair, g, groups, ups);
      for (int i = 0; i < groups; ++i) store(pair, tiles, g + i, gates + i * kWideGroup, ups + i * kWideGroup);
    }
  });
}

}  // namespace headrace
