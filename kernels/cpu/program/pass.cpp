#include "cpu/program/pass.h"

#include <algorithm>

#include "cpu/program/attend.h"
#include "cpu/rope/rope.h"

namespace headrace {
namespace {

// cos and sin of each row's position, spread over a head once for all layers; a share of the rows for each member.
void spread_rope(const Pass& pass, int member) noexcept {
  const Program& p = pass.program;
  const int dim = p.shape.head_dim;
  const int end = static_cast<int>(std::int64_t{pass.batch.rows} * (member + 1) / pass.members);
  for (int r = static_cast<int>(std::int64_t{pass.batch.rows} * member / pass.members); r < end; ++r) {
    const std::int64_t at = std::int64_t{pass.batch.position[r]} * (dim / 2);
    float* row = p.rope_rows + std::int64_t{r} * 2 * dim;
    rope_spread(p.shape.cos + at, p.shape.sin + at, dim, p.shape.rope_kind == HR_ROPE_HALVES, row, row + dim);
  }
}

void run(const Pass& pass, const Op& op, int member) noexcept {
  switch (op.kind) {
    case HR_GATED: run_gated(pass, op, member); break;
    case HR_PEAKS: run_peaks(pass, op, member); break;
    case HR_ARGMAX: run_argmax(pass, op, member); break;
    case HR_ROPE: run_rope(pass, op, member); break;
    case HR_ATTEND:
      pass.deal(op, member, pass.program.attention_units, 1,
                [&](int unit, int) { attend_unit(pass.program, pass.batch, op, unit, member); });
      break;
    default: run_rows(pass, op, member); break;
  }
}

void walk(void* context, int member) noexcept {
  const Pass& pass = *static_cast<const Pass*>(context);
  Program& p = pass.program;
  const std::size_t row = static_cast<std::size_t>(p.team.size());
  for (std::int32_t i = pass.first_op; i < pass.end_op; ++i) {
    p.counters[static_cast<std::size_t>(i) * row + static_cast<std::size_t>(member)].taken.store(
        0, std::memory_order_relaxed);
  }
  if (p.rope_rows != nullptr) spread_rope(pass, member);
  p.team.meet(member);
  for (std::int32_t i = pass.first_op; i < pass.end_op;) {
    const Op& op = p.op[static_cast<std::size_t>(i)];
    if (i > pass.first_op && op.barrier[static_cast<std::size_t>(pass.plan)]) p.team.meet(member);
    const int count = std::min(op.run, pass.end_op - i);
    i += count;
    if (pass.rows_of(op) == 0) continue;
    if (op.kind == HR_MATMUL)
      run_matmul(pass, op, count, member);
    else
      run(pass, op, member);
  }
}

// Members' own copies that an earlier pass over the operations before these has filled: no more members than that one
// had may take part.
int most_members(const Program& p, std::int32_t first_op, std::int32_t end_op, int plan) noexcept {
  int most = p.team.size();
  for (std::int32_t i = first_op; i < end_op; ++i) {
    const Op& op = p.op[static_cast<std::size_t>(i)];
    if (op.own_source[static_cast<std::size_t>(plan)])
      most = std::min(most, p.buffer[static_cast<std::size_t>(op.source)].own_filled);
  }
  return std::max(1, most);
}

}  // namespace

void begin_pass(Pass& pass) noexcept {
  if (pass.first_op == pass.end_op) return;
  Program& program = pass.program;
  if (program.pages != nullptr) plan_attention(program, pass.batch);
  pass.plan = plan_of(pass.batch.rows, pass.batch.wanted);
  pass.members = program.team.width();
  if (pass.first_op > 0) {
    pass.members = std::min(pass.members, most_members(program, pass.first_op, pass.end_op, pass.plan));
  }
  program.team.begin(walk, &pass, pass.members);
}

void finish_pass(Pass& pass) noexcept {
  if (pass.first_op < pass.end_op) pass.program.team.finish();
}

}  // namespace headrace
