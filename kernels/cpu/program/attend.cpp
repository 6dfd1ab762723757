#include "cpu/program/attend.h"

#include <algorithm>

#include "cpu/program/batch.h"
#include "cpu/program/tail.h"

namespace headrace {
namespace {

// Tokens of chunk c that the rows [.., end) see.
int tokens_of_chunk(const Place& at, int c, int end) {
  return at.plan.tree ? kChunkTokens : seen(at.length(end - 1), c);
}

// The first row that reaches into chunk c.
int first_of_chunk(const Place& at, int c) {
  return at.plan.tree ? 0 : std::max(0, c * kChunkTokens - at.plan.committed);
}

// Rows [begin, end) over chunk c, batch after batch: take(from, to, partials), where partials(o, ml) computes those of
// rows [from, to).
template <class Take>
void over_chunk(const Place& at, int c, int begin, int end, Take&& take) {
  if (begin >= end) return;
  const ChunkPages view = at.chunk(c, tokens_of_chunk(at, c, end));
  for (int from = begin; from < end; from += at.rows_of_batch()) {
    const int to = std::min(end, from + at.rows_of_batch());
    BatchRows batch;
    batch.rows = 0;
    for (int r = from; r < to; ++r) at.add_row(batch, r, seen(at.length(r), c));
    take(from, to, [&](float* o, float* ml) {
      at.kernels.partials(view, batch, at.dim(), at.scratch.attention, o, ml);
    });
  }
}

// --- by chunk
// ------------------------------------------------------------------------------------------------------------

void partials_of_chunk(const Place& at, int c) {
  Program& p = at.program;
  const int rows = at.plan.rows;
  over_chunk(at, c, first_of_chunk(at, c), rows, [&](int from, int, auto&& partials) {
    const std::int64_t partial = at.partial(c, from);
    partials(p.partial_o + partial * at.dim(), p.partial_ml + partial * 2);
  });
}

void partials_of_tail(const Place& at) {
  Program& p = at.program;
  TreeTail tail(at);
  for (int begin = 0; begin < at.plan.rows; begin += at.rows_of_batch()) {
    const int end = std::min(at.plan.rows, begin + at.rows_of_batch());
    const std::int64_t partial = at.partial(tail.chunk(), begin);
    tail.first(begin, end, p.partial_o + partial * at.dim(), p.partial_ml + partial * 2);
    for (int r = begin; r < end; ++r) {
      if (!tail.reaches(r)) continue;
      const std::int64_t next = at.partial(tail.chunk() + 1, r);
      tail.second(r, p.partial_o + next * at.dim(), p.partial_ml + next * 2);
    }
  }
}

void fold_head(const Place& at) {
  Program& p = at.program;
  const std::int64_t step = std::int64_t{at.plan.rows} * at.group();
  for (int r = 0; r < at.plan.rows; ++r) {
    for (int h = 0; h < at.group(); ++h) {
      const std::int64_t partial = at.partial(0, r) + h;
      at.kernels.fold_chunks(p.partial_o + partial * at.dim(), step * at.dim(), p.partial_ml + partial * 2, step * 2,
                             chunks_of(at.length(r)), at.dim(), at.out(r) + h * at.dim());
    }
  }
}

void attend_by_chunk(const Place& at, int unit) {
  if (at.plan.tree && unit == at.plan.units_of_head - 1) {
    partials_of_tail(at);
  } else {
    partials_of_chunk(at, unit);
  }
  std::atomic<std::int32_t>& done =
      at.program.finished[static_cast<std::size_t>(at.sequence * at.program.shape.kv_heads + at.head)].taken;
  if (done.fetch_add(1, std::memory_order_acq_rel) == at.plan.units_of_head - 1) {
    done.store(0, std::memory_order_relaxed);  // for the next operation, a barrier away
    fold_head(at);
  }
}

// --- by rows
// -------------------------------------------------------------------------------------------------------------

// Folds partials of the group of rows [begin, end) into their running results.
void fold_in_place(const Place& at, int begin, int end, const float* o, const float* ml, bool first) {
  FoldTarget target[kBatchRows];
  int rows = 0;
  for (int r = begin; r < end; ++r) {
    for (int h = 0; h < at.group(); ++h) target[rows++] = {at.out(r) + h * at.dim(), at.running(r) + 2 * h};
  }
  at.kernels.fold_batch(o, ml, rows, at.dim(), first, target);
}

// Chunk c of rows [begin, end), folded in place.
void fold_chunk(const Place& at, int c, int begin, int end) {
  const AttentionScratch& w = at.scratch.attention;
  over_chunk(at, c, std::max(begin, first_of_chunk(at, c)), end,
             [&](int from, int to, auto&& partials) {
               partials(w.o, w.ml);
               fold_in_place(at, from, to, w.o, w.ml, c == 0);
             });
}

void fold_tail(const Place& at, int begin, int end) {
  const AttentionScratch& w = at.scratch.attention;
  TreeTail tail(at);
  for (int from = begin; from < end; from += at.rows_of_batch()) {
    const int to = std::min(end, from + at.rows_of_batch());
    tail.first(from, to, w.o, w.ml);
    fold_in_place(at, from, to, w.o, w.ml, tail.chunk() == 0);
    for (int r = from; r < to; ++r) {
      if (!tail.reaches(r)) continue;
      tail.second(r, w.o, w.ml);
      fold_in_place(at, r, r + 1, w.o, w.ml, false);
    }
  }
}

void attend_rows(const Place& at, int begin, int end) {
  const int chunks = at.plan.tree ? at.plan.committed / kChunkTokens : chunks_of(at.length(end - 1));
  for (int c = 0; c < chunks; ++c) fold_chunk(at, c, begin, end);
  if (at.plan.tree) fold_tail(at, begin, end);
  for (int r = begin; r < end; ++r) {
    for (int h = 0; h < at.group(); ++h)
      at.kernels.finish(at.out(r) + h * at.dim(), at.running(r)[2 * h + 1], at.dim());
  }
}

}  // namespace

void plan_attention(Program& p, const hr_batch& b) noexcept {
  p.planned = b.sequences;
  p.attention_units = 0;
  std::int64_t partials = 0;
  const int heads = p.shape.kv_heads;
  for (int i = 0; i < b.sequences; ++i) {
    SequencePlan& s = p.plan[static_cast<std::size_t>(i)];
    s.first_row = b.first_row[i];
    s.rows = b.first_row[i + 1] - s.first_row;
    s.committed = b.committed[i];
    s.table = b.table + std::ptrdiff_t{i} * b.table_stride;
    s.tree = !is_chain(b, i);
    s.chunks = chunks_of(s.committed + s.rows);
    s.first_unit = p.attention_units;
    s.partial = partials;
    const std::int64_t wanted = std::int64_t{s.chunks} * s.rows * p.shape.heads;
    s.by_chunk = s.rows <= kSplitRows && wanted <= p.partial_rows - partials;
    if (s.by_chunk) {
      partials += wanted;
      s.units_of_head = s.tree ? s.committed / kChunkTokens + 1 : s.chunks;
    } else {
      // Enough units for every member to have some, as long as the rows of one still share their widened chunks.
      s.unit_rows = kRowsOfUnit;
      while (s.unit_rows > 4 && heads * ((s.rows + s.unit_rows - 1) / s.unit_rows) < 3 * p.team.size())
        s.unit_rows /= 2;
      s.units_of_head = (s.rows + s.unit_rows - 1) / s.unit_rows;
    }
    p.attention_units += s.units_of_head * heads;
  }
}

void attend_unit(Program& p, const hr_batch& b, const Op& op, int unit, int member) noexcept {
  const auto end = p.plan.begin() + p.planned;
  const auto after =
      std::upper_bound(p.plan.begin(), end, unit, [](int u, const SequencePlan& s) { return u < s.first_unit; });
  const SequencePlan& s = *(after - 1);
  const int local = unit - s.first_unit;
  const int heads = p.shape.kv_heads;
  // By chunk: head after head, so that a member reads neighbouring chunks. By rows: rows after rows, early and late
  // ones in turns, because late rows see more.
  const int head = s.by_chunk ? local / s.units_of_head : local % heads;
  const int index = s.by_chunk ? local % s.units_of_head : local / heads;
  const Buffer& source = p.buffer[static_cast<std::size_t>(op.source)];
  const Place at{p,
                 b,
                 s,
                 static_cast<int>(after - 1 - p.plan.begin()),
                 op.layer,
                 head,
                 source.f32,
                 source.width,
                 p.buffer[static_cast<std::size_t>(op.target)].f32,
                 p.scratch[static_cast<std::size_t>(member)],
                 p.attention};
  if (s.by_chunk) {
    attend_by_chunk(at, index);
    return;
  }
  const int turn = index % 2 == 0 ? index / 2 : s.units_of_head - 1 - index / 2;
  const int begin = turn * s.unit_rows;
  attend_rows(at, begin, std::min(s.rows, begin + s.unit_rows));
}

}  // namespace headrace
