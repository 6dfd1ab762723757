#include "cpu/program/attend.h"

#include <algorithm>

#include "cpu/program/batch.h"
#include "cpu/program/path.h"

namespace headrace {
namespace {

// One kv head of one sequence in one operation: what its units share.
struct Place {
  Program& program;
  const hr_batch& batch;
  const SequencePlan& plan;
  int sequence;
  int layer;
  int head;
  const float* projected;  // rows of q | k | v
  std::int64_t source_width;
  float* target;  // rows of heads x head_dim
  Scratch& scratch;
  const AttentionKernels& kernels;

  int dim() const { return program.shape.head_dim; }
  int group() const { return program.group(); }
  // The group's queries of row r of the sequence, one after the other.
  const float* q(int r) const {
    return projected + (plan.first_row + r) * source_width + std::int64_t{head} * group() * dim();
  }
  float* out(int r) const {
    return target + (std::int64_t{plan.first_row + r} * program.shape.heads + std::int64_t{head} * group()) * dim();
  }
  float* running(int r) const {
    return program.running +
           2 * (std::int64_t{plan.first_row + r} * program.shape.heads + std::int64_t{head} * group());
  }
  const std::uint16_t* page(int index) const { return program.page(layer, plan.table[index], head); }
  int depth(int r) const { return plan.tree ? program.depth[static_cast<std::size_t>(plan.first_row + r)] : r; }
  // Tokens that row r sees.
  int length(int r) const { return plan.committed + depth(r) + 1; }

  // `tokens` tokens of chunk c; the following chunk is what this member probably wants next.
  ChunkPages chunk(int c, int tokens, int next_tokens) const {
    ChunkPages view;
    view.tokens = tokens;
    const int pages = (tokens + kPageTokens - 1) / kPageTokens;
    const int next_pages = (next_tokens + kPageTokens - 1) / kPageTokens;
    for (int b = 0; b < kChunkPages; ++b) view.page[b] = page(kChunkPages * c + std::min(b, pages - 1));
    for (int b = 0; b < kChunkPages; ++b)
      view.next[b] = b < next_pages ? page(kChunkPages * (c + 1) + b) : view.page[b];
    return view;
  }
};

int chunks_of(int tokens) { return (tokens + kChunkTokens - 1) / kChunkTokens; }

// Tokens of chunk c that a row of `length` tokens sees; may be negative.
int seen(int length, int c) { return std::min(length - c * kChunkTokens, kChunkTokens); }

// --- by chunk
// ------------------------------------------------------------------------------------------------------------

std::int64_t partial_of(const Place& at, int c, int r) {
  const SequencePlan& s = at.plan;
  return s.partial + ((std::int64_t{at.head} * s.chunks + c) * s.rows + r) * at.group();
}

void partials_of_chunk(const Place& at, int c) {
  Program& p = at.program;
  const int rows = at.plan.rows;
  const int longest = at.length(rows - 1);
  const ChunkPages view = at.chunk(c, seen(longest, c), std::max(0, seen(longest, c + 1)));
  const int first = std::max(0, c * kChunkTokens - at.plan.committed);  // the first row that reaches into this chunk
  // A group reads binary16 pages about as fast as it reads floats, so widening pays only for several rows at once.
  if (rows - first <= 2) {
    for (int r = first; r < rows; ++r) {
      ChunkPages own = view;
      own.tokens = seen(at.length(r), c);
      const std::int64_t partial = partial_of(at, c, r);
      at.kernels.decode_chunk(own, at.q(r), at.group(), at.dim(), p.partial_o + partial * at.dim(),
                              p.partial_ml + partial * 2);
    }
    return;
  }
  at.kernels.widen_chunk(view, at.dim(), at.scratch.many);
  const int batch = std::max(1, kManyRows / at.group());
  for (int begin = first; begin < rows; begin += batch) {
    const int end = std::min(rows, begin + batch);
    ManyRows many;
    many.rows = 0;
    for (int r = begin; r < end; ++r) {
      for (int h = 0; h < at.group(); ++h, ++many.rows) {
        many.q[many.rows] = at.q(r) + h * at.dim();
        many.visible[many.rows] = seen(at.length(r), c);
      }
    }
    at.kernels.many_chunk(many, at.dim(), at.scratch.many);
    const std::int64_t partial = partial_of(at, c, begin);
    const ManyScratch& w = at.scratch.many;
    std::copy(w.o, w.o + many.rows * at.dim(), p.partial_o + partial * at.dim());
    for (int i = 0; i < many.rows; ++i) {
      p.partial_ml[2 * (partial + i)] = w.m[i];
      p.partial_ml[2 * (partial + i) + 1] = w.l[i];
    }
  }
}

void fold_head(const Place& at) {
  Program& p = at.program;
  const std::int64_t step = std::int64_t{at.plan.rows} * at.group();
  for (int r = 0; r < at.plan.rows; ++r) {
    for (int h = 0; h < at.group(); ++h) {
      const std::int64_t partial = partial_of(at, 0, r) + h;
      at.kernels.fold_chunks(p.partial_o + partial * at.dim(), step * at.dim(), p.partial_ml + partial * 2, step * 2,
                             chunks_of(at.length(r)), at.dim(), at.out(r) + h * at.dim());
    }
  }
}

void attend_by_chunk(const Place& at, int c) {
  partials_of_chunk(at, c);
  std::atomic<std::int32_t>& done =
      at.program.finished[static_cast<std::size_t>(at.sequence * at.program.shape.kv_heads + at.head)].taken;
  if (done.fetch_add(1, std::memory_order_acq_rel) == at.plan.chunks - 1) {
    done.store(0, std::memory_order_relaxed);  // for the next operation, a barrier away
    fold_head(at);
  }
}

// --- by rows
// -------------------------------------------------------------------------------------------------------------

// Rows [begin, end) over one chunk of `view`, folded in place; visible(r) tokens of it are seen by row r.
template <class Visible>
void fold_rows(const Place& at, const ChunkPages& view, int begin, int end, bool first, Visible&& visible) {
  at.kernels.widen_chunk(view, at.dim(), at.scratch.many);
  const int batch = std::max(1, kManyRows / at.group());
  for (int from = begin; from < end; from += batch) {
    ManyRows many;
    FoldTarget target[kManyRows];
    many.rows = 0;
    bool any = false;
    for (int r = from; r < std::min(end, from + batch); ++r) {
      for (int h = 0; h < at.group(); ++h, ++many.rows) {
        many.q[many.rows] = at.q(r) + h * at.dim();
        many.visible[many.rows] = visible(r);
        target[many.rows] = {at.out(r) + h * at.dim(), at.running(r) + 2 * h};
        any = any || many.visible[many.rows] > 0;
      }
    }
    if (!any) continue;
    at.kernels.many_chunk(many, at.dim(), at.scratch.many);
    at.kernels.fold_many(many, at.dim(), at.scratch.many, first, target);
  }
}

void finish_row(const Place& at, int r) {
  for (int h = 0; h < at.group(); ++h) at.kernels.finish(at.out(r) + h * at.dim(), at.running(r)[2 * h + 1], at.dim());
}

void attend_chain_rows(const Place& at, int begin, int end) {
  const int longest = at.length(end - 1);
  for (int c = 0; c < chunks_of(longest); ++c) {
    fold_rows(at, at.chunk(c, seen(longest, c), 0), begin, end, c == 0, [&](int r) { return seen(at.length(r), c); });
  }
  for (int r = begin; r < end; ++r) finish_row(at, r);
}

// The chunks of row r that hold more than committed tokens, through its path view.
void attend_path(const Place& at, PathView& path, int r) {
  const int length = at.length(r);
  path.extend_to(at.plan.first_row + r, at.depth(r));
  for (int c = at.plan.committed / kChunkTokens; c < chunks_of(length); ++c) {
    ChunkPages view;
    view.tokens = seen(length, c);
    const int pages = (view.tokens + kPageTokens - 1) / kPageTokens;
    for (int b = 0; b < kChunkPages; ++b) {
      const int index = kChunkPages * c + std::min(b, pages - 1);
      view.page[b] = view.next[b] = index < path.first_page() ? at.page(index) : path.page(index);
    }
    ManyRows rows;
    FoldTarget target[kManyRows];
    rows.rows = at.group();
    Scratch& s = at.scratch;
    at.kernels.decode_chunk(view, at.q(r), at.group(), at.dim(), s.many.o, s.few_ml);
    for (int h = 0; h < at.group(); ++h) {
      s.many.m[h] = s.few_ml[2 * h];
      s.many.l[h] = s.few_ml[2 * h + 1];
      rows.visible[h] = view.tokens;
      target[h] = {at.out(r) + h * at.dim(), at.running(r) + 2 * h};
    }
    at.kernels.fold_many(rows, at.dim(), s.many, c == 0, target);
  }
  finish_row(at, r);
}

void attend_tree_rows(const Place& at, int begin, int end) {
  for (int c = 0; c < at.plan.committed / kChunkTokens; ++c) {
    fold_rows(at, at.chunk(c, kChunkTokens, 0), begin, end, c == 0, [](int) { return kChunkTokens; });
  }
  PathView path(at.program, at.batch, at.plan, at.layer, at.head, at.scratch.pages);
  for (int r = begin; r < end; ++r) attend_path(at, path, r);
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
    s.by_chunk = !s.tree && s.rows <= kSplitRows && wanted <= p.partial_rows - partials;
    if (s.by_chunk) {
      partials += wanted;
      s.units_of_head = s.chunks;
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
                 p.rows.attention};
  if (s.by_chunk) {
    attend_by_chunk(at, index);
    return;
  }
  const int turn = index % 2 == 0 ? index / 2 : s.units_of_head - 1 - index / 2;
  const int begin = turn * s.unit_rows;
  const int stop = std::min(s.rows, begin + s.unit_rows);
  if (s.tree) {
    attend_tree_rows(at, begin, stop);
  } else {
    attend_chain_rows(at, begin, stop);
  }
}

}  // namespace headrace
