// Operations that work row by row: a member takes some rows, or all of them for itself where rows are few.
#include <algorithm>

#include "cpu/program/pass.h"

namespace headrace {
namespace {

void write_row(const Pass& pass, const Op& op, int r, const QuantisedRows* quantised, int rows,
               Scratch& scratch) noexcept {
  const Program& p = pass.program;
  const Buffer& target = pass.buffer(op.target);
  const std::int64_t width = target.width;
  float* out = quantised != nullptr ? scratch.row : target.f32 + r * width;
  const float* x = nullptr;  // what becomes the row: `out`, or the source as it is
  switch (op.kind) {
    case HR_EMBED: {
      const std::int32_t token = pass.batch.token[r];
      op.matrix.traits->decode_row(op.matrix.tile(token / 16), op.matrix.columns, token % 16, out);
      x = out;
      break;
    }
    case HR_NORM:
      p.rows.rms_norm(pass.buffer(op.source).f32 + r * width, op.vector, width, op.scalar, out);
      x = out;
      break;
    case HR_SILU:
      p.rows.silu(pass.buffer(op.source).f32 + r * width, width, out);
      x = out;
      break;
    case HR_GATHER: x = pass.buffer(op.source).f32 + pass.batch.wanted_rows[r] * width; break;
    default: x = pass.buffer(op.source).f32 + r * width; break;
  }
  if (quantised != nullptr) {
    target.quantise(x, width, quantised->group(r / kGroupRows, rows), r % kGroupRows);
  } else if (x != out) {
    std::copy(x, x + width, out);
  }
}

}  // namespace

void run_rows(const Pass& pass, const Op& op, int member) noexcept {
  const int rows = pass.rows_of(op);
  Buffer& target = pass.buffer(op.target);
  Scratch& scratch = pass.program.scratch[static_cast<std::size_t>(member)];
  const bool quantised = target.quantised();
  if (quantised && few_in_plan(pass.plan, op.wanted)) {
    const QuantisedRows& own = target.own[static_cast<std::size_t>(member)];
    if (member == 0) target.own_filled = pass.members;
    for (int r = 0; r < rows; ++r) write_row(pass, op, r, &own, rows, scratch);
    return;
  }
  if (quantised) {
    // Whole groups: rows of one lie between each other in the same lines, which two members would pass to and fro.
    pass.deal(op, member, (rows + kGroupRows - 1) / kGroupRows, 1, [&](int group, int) {
      const int end = std::min(rows, (group + 1) * kGroupRows);
      for (int r = group * kGroupRows; r < end; ++r) write_row(pass, op, r, &target.shared, rows, scratch);
    });
    return;
  }
  const int piece = std::clamp(rows / (2 * pass.members), 1, kGroupRows);
  pass.deal(op, member, rows, piece, [&](int begin, int end) {
    for (int r = begin; r < end; ++r) write_row(pass, op, r, nullptr, rows, scratch);
  });
}

void run_peaks(const Pass& pass, const Op& op, int member) noexcept {
  const Buffer& source = pass.buffer(op.source);
  const Buffer& target = pass.buffer(op.target);
  // A unit is a run of spans of one row: a row of logits is long, and at one row all members share it.
  constexpr std::int64_t kRun = 64;
  const std::int64_t runs = (target.width + kRun - 1) / kRun;
  const int units = static_cast<int>(pass.rows_of(op) * runs);
  pass.deal(op, member, units, 1, [&](int unit, int end) {
    for (; unit < end; ++unit) {
      const std::int64_t r = unit / runs;
      const std::int64_t span = unit % runs * kRun;
      const std::int64_t first = span * HR_SPAN;
      const std::int64_t n = std::min(source.width - first, kRun * HR_SPAN);
      pass.program.rows.peaks(source.f32 + r * source.width + first, n, target.f32 + r * target.width + span);
    }
  });
}

void run_argmax(const Pass& pass, const Op& op, int member) noexcept {
  const Buffer& source = pass.buffer(op.source);
  float* const target = pass.buffer(op.target).f32;
  pass.deal(op, member, pass.rows_of(op), 1, [&](int r, int end) {
    for (; r < end; ++r) target[r] = pass.program.rows.argmax(source.f32 + r * source.width, source.width);
  });
}

void run_rope(const Pass& pass, const Op& op, int member) noexcept {
  Program& p = pass.program;
  const hr_batch& b = pass.batch;
  const int dim = p.shape.head_dim;
  const int group = p.group();
  const int heads = p.shape.kv_heads;
  const Buffer& source = pass.buffer(op.source);
  const auto rope = p.rows.rope[p.shape.rope_kind];
  // One row and one kv head: its queries, its key, its value.
  const auto rotate = [&](int r, int sequence, int head) {
    const float* cos = p.rope_rows + std::int64_t{r} * 2 * dim;
    const float* sin = cos + dim;
    float* row = source.f32 + r * source.width;
    float* q = row + std::int64_t{head} * group * dim;
    for (int h = 0; h < group; ++h, q += dim) {
      if (op.vector != nullptr) p.rows.rms_norm(q, op.vector, dim, op.scalar, q);
      rope(q, dim, cos, sin, true, p.shape.query_scale);
    }
    float* k = row + (std::int64_t{p.shape.heads} + head) * dim;
    if (op.second_vector != nullptr) p.rows.rms_norm(k, op.second_vector, dim, op.scalar, k);
    rope(k, dim, cos, sin, false, 0.0f);
    const float* v = row + (std::int64_t{p.shape.heads} + heads + head) * dim;
    const std::int32_t slot = b.slot[r];
    const std::int32_t block = b.table[std::ptrdiff_t{sequence} * b.table_stride + slot / HR_BLOCK_TOKENS];
    const int lane = slot % HR_BLOCK_TOKENS;
    p.attention.write(p.page(op.layer, block, head), lane, k, v, dim);
  };
  // A unit is one kv head of sixteen rows: tokens of a page lie between each other in the same lines, which two members
  // would pass to and fro.
  const int units = (b.rows + HR_BLOCK_TOKENS - 1) / HR_BLOCK_TOKENS * heads;
  const int piece = std::clamp(units / (4 * pass.members), 1, heads);
  pass.deal(op, member, units, piece, [&](int begin, int end) {
    for (int u = begin; u < end; ++u) {
      const int first = u / heads * HR_BLOCK_TOKENS;
      int sequence =
          static_cast<int>(std::upper_bound(b.first_row, b.first_row + b.sequences, first) - b.first_row) - 1;
      for (int r = first; r < std::min(b.rows, first + HR_BLOCK_TOKENS); ++r) {
        while (r >= b.first_row[sequence + 1]) ++sequence;
        rotate(r, sequence, u % heads);
      }
    }
  });
}

}  // namespace headrace
