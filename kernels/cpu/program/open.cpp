#include "cpu/program/open.h"

#include <algorithm>
#include <cstring>

#include "cpu/dispatch/pair_kernels.h"
#include "cpu/program/attend.h"
#include "cpu/program/barriers.h"
#include "cpu/program/check.h"

namespace headrace {
namespace {

// Partial results of attention: room for this much, further sequences are folded in place.
constexpr std::int64_t kPartialBytes = std::int64_t{64} << 20;

std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }

// Takes memory for what `carve` takes from a Carver: once to count, once for real.
template <class Carve>
void allocate(Program& p, Carve&& carve) {
  Carver size;
  carve(size);
  if (size.used() == 0) return;
  p.memory.emplace_back(size.used());
  Carver real(p.memory.back().data());
  carve(real);
}

Planes planes_of(std::int32_t kind) { return kind == HR_BUFFER_Q16 ? Planes::kTwo : Planes::kOne; }

QuantisedRows take_quantised(Carver& from, std::int64_t rows, std::int64_t width, Planes planes) {
  QuantisedRows q;
  q.planes = planes;
  q.width = width;
  q.q = from.take<std::int8_t>(count(rows * width * static_cast<int>(planes)));
  q.scale = from.take<float>(count(rows * width / 32));
  q.sum = from.take<float>(count(rows * width / 32));
  q.negsum = from.take<std::int32_t>(count(rows * width / 32));
  return q;
}

void open_buffers(Program& p, const hr_buffer* buffer) {
  for (std::size_t i = 0; i < p.buffer.size(); ++i) {
    Buffer& b = p.buffer[i];
    b.kind = buffer[i].kind;
    b.rows = capacity(p.shape, buffer[i]);
    b.width = buffer[i].width;
    const Planes planes = planes_of(b.kind);
    if (b.quantised()) {
      b.quantise = quantise_row(p.team.tier(), planes);
      b.quantise_tiles = quantise_tiles(p.team.tier(), planes);
    }
    allocate(p, [&](Carver& from) {
      if (b.kind == HR_BUFFER_F32) {
        b.f32 = from.take<float>(count(b.rows * b.width));
      } else {
        b.shared = take_quantised(from, (b.rows + kGroupRows - 1) / kGroupRows * kGroupRows, b.width, planes);
        b.own.resize(count(p.team.size()));
        for (QuantisedRows& own : b.own) own = take_quantised(from, kFewRows, b.width, planes);
      }
    });
  }
}

// Most rows, short of a full group, whose products are faster by two tiles at once: those whose sums stay in registers.
constexpr int kMostPaired = 6;

Matrix open_matrix(const hr_matrix& m, std::int32_t tier, Planes planes) {
  Matrix matrix;
  if (m.packed == nullptr) return matrix;
  matrix.traits = format_traits(m.format);
  matrix.rows = m.rows;
  matrix.columns = m.columns;
  matrix.packed = static_cast<const std::byte*>(m.packed);
  matrix.tile_bytes = matrix.traits->tile_bytes(m.columns);
  matrix.tiles = static_cast<int>((m.rows + 15) / 16);
  for (int rows = 1; rows <= kGroupRows; ++rows) {
    if (matrix.traits->quantised_activations) {
      matrix.quantised[count(rows)] = quantised_tile(tier, m.format, rows, planes);
      const bool pays = rows <= kMostPaired || rows == kGroupRows;
      matrix.pairs[count(rows)] = pays ? quantised_pair(tier, m.format, rows, planes) : nullptr;
    } else {
      matrix.floats[count(rows)] = float_tile(tier, m.format, rows);
    }
  }
  if (matrix.traits->quantised_activations && planes == Planes::kOne) matrix.wide = quantised_wide(tier, m.format);
  return matrix;
}

// Values that an operation's vectors have.
std::int64_t vector_length(const Program& p, const Op& op) {
  if (op.kind == HR_NORM) return p.buffer[count(op.target)].width;
  if (op.kind == HR_MATMUL) return op.matrix.rows;
  return op.kind == HR_ROPE ? p.shape.head_dim : 0;
}

void open_vector(Program& p, std::int64_t length, const float* values, const float*& copy) {
  if (values == nullptr || length == 0) return;
  float* own = nullptr;
  allocate(p, [&](Carver& from) { own = from.take<float>(count((length + 15) / 16 * 16)); });
  std::copy(values, values + length, own);
  copy = own;
}

void open_ops(Program& p, const hr_op* op) {
  for (std::size_t i = 0; i < p.op.size(); ++i) {
    Op& o = p.op[i];
    o.kind = op[i].kind;
    // Fields that a kind does not use say nothing.
    o.source = o.kind == HR_EMBED ? -1 : op[i].source;
    o.target = o.kind == HR_ROPE ? -1 : op[i].target;
    o.layer = o.kind == HR_ROPE || o.kind == HR_ATTEND ? op[i].layer : 0;
    o.offset = o.kind == HR_MATMUL ? op[i].offset : 0;
    o.accumulate = (op[i].flags & HR_ACCUMULATE) != 0;
    o.wanted = (op[i].flags & HR_WANTED) != 0;
    o.scalar = op[i].scalar;
    const Planes planes = o.source < 0 ? Planes::kOne : planes_of(p.buffer[count(o.source)].kind);
    if (o.kind == HR_EMBED || o.kind == HR_MATMUL || o.kind == HR_GATED)
      o.matrix = open_matrix(op[i].matrix, p.team.tier(), planes);
    if (o.kind == HR_GATED) o.second = open_matrix(op[i].second, p.team.tier(), planes);
    open_vector(p, vector_length(p, o), op[i].vector, o.vector);
    if (o.kind == HR_ROPE) open_vector(p, vector_length(p, o), op[i].second_vector, o.second_vector);
  }
}

void open_rope(Program& p) {
  const std::int64_t values = std::int64_t{p.shape.positions} * (p.shape.head_dim / 2);
  float* cos = nullptr;
  float* sin = nullptr;
  allocate(p, [&](Carver& from) {
    cos = from.take<float>(count(values));
    sin = from.take<float>(count(values));
    p.rope_rows = from.take<float>(count(std::int64_t{p.shape.max_rows} * 2 * p.shape.head_dim));
  });
  std::copy(p.shape.cos, p.shape.cos + values, cos);
  std::copy(p.shape.sin, p.shape.sin + values, sin);
  p.shape.cos = cos;
  p.shape.sin = sin;
}

void open_attention(Program& p) {
  const hr_shape& s = p.shape;
  const std::int64_t chunks = (std::int64_t{s.positions} + HR_CHUNK_TOKENS - 1) / HR_CHUNK_TOKENS;
  const std::int64_t most = chunks * s.max_rows * s.heads;
  p.partial_rows = std::min(most, kPartialBytes / ((s.head_dim + 2) * std::int64_t{sizeof(float)}));
  p.plan.resize(count(s.max_sequences));
  p.finished.reset(new Counter[count(std::int64_t{s.max_sequences} * s.kv_heads)]);
  allocate(p, [&](Carver& from) {
    p.partial_o = from.take<float>(count(p.partial_rows * s.head_dim));
    p.partial_ml = from.take<float>(count(p.partial_rows * 2));
    p.running = from.take<float>(count(std::int64_t{s.max_rows} * s.heads * 2));
  });
}

void open_scratch(Program& p) {
  std::int64_t widest = 0;
  for (const Buffer& b : p.buffer) widest = std::max(widest, b.width);
  const std::size_t dim = count(p.shape.head_dim);
  for (Scratch& s : p.scratch) {
    allocate(p, [&](Carver& from) {
      s.row = from.take<float>(count(widest));
      s.tile = from.take<float>(2 * kWideGroups * kWideGroup);
      s.attention.q = from.take<float>(kBatchRows * kQueryStride);
      s.attention.scores = from.take<float>(2 * kBatchRows * kChunkTokens);
      s.attention.o = from.take<float>(kBatchRows * dim);
      s.attention.ml = from.take<float>(2 * kBatchRows);
      s.attention.panel = from.take<float>(2 * kChunkTokens * dim);
      s.pages = from.take<std::uint16_t>(kPathPages * count(p.page_halves()));
    });
  }
}

}  // namespace

Program::Program(Team& the_team, const hr_shape& the_shape, std::int32_t buffers, std::int32_t ops)
    : team(the_team),
      rows(row_kernels(the_team.tier())),
      attention(attention_kernels(the_team.tier(), the_shape.kv_format)),
      shape(the_shape),
      buffer(count(buffers)),
      op(count(ops)),
      scratch(count(the_team.size())),
      counters(new Counter[count(std::int64_t{ops} * the_team.size())]),
      depth(count(the_shape.max_rows)) {}

Program::~Program() = default;

std::unique_ptr<Program> open_program(Team& team, const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer,
                                      std::int32_t ops, const hr_op* op, void* pages, std::int32_t blocks) {
  auto p = std::make_unique<Program>(team, shape, buffers, ops);
  p->pages = static_cast<std::uint16_t*>(pages);
  p->blocks = blocks;
  p->block_stamp.assign(count(blocks), 0u);
  open_buffers(*p, buffer);
  open_ops(*p, op);
  if (pages != nullptr) {
    open_rope(*p);
    open_attention(*p);
  }
  open_scratch(*p);
  plan_barriers(p->op, p->buffer, shape.layers);
  return p;
}

}  // namespace headrace
