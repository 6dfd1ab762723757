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
  const int members = p.team.size();
  const int end = static_cast<int>(std::int64_t{pass.batch.rows} * (member + 1) / members);
  for (int r = static_cast<int>(std::int64_t{pass.batch.rows} * member / members); r < end; ++r) {
    const std::int64_t at = std::int64_t{pass.batch.position[r]} * (dim / 2);
    float* row = p.rope_rows + std::int64_t{r} * 2 * dim;
    rope_spread(p.shape.cos + at, p.shape.sin + at, dim, p.shape.rope_kind == HR_ROPE_HALVES, row, row + dim);
  }
}

void run(const Pass& pass, const Op& op, int member) noexcept {
  switch (op.kind) {
    case HR_GATED: run_gated(pass, op, member); break;
    case HR_PEAKS: run_peaks(pass, op, member); break;
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
  const std::size_t members = static_cast<std::size_t>(p.team.size());
  for (std::int32_t i = pass.first_op; i < pass.end_op; ++i) {
    p.counters[static_cast<std::size_t>(i) * members + static_cast<std::size_t>(member)].taken.store(
        0, std::memory_order_relaxed);
  }
  if (p.rope_rows != nullptr) spread_rope(pass, member);
  p.team.meet();
  for (std::int32_t i = pass.first_op; i < pass.end_op;) {
    const Op& op = p.op[static_cast<std::size_t>(i)];
    if (i > pass.first_op && op.barrier[static_cast<std::size_t>(pass.plan)]) p.team.meet();
    const int count = std::min(op.run, pass.end_op - i);
    i += count;
    if (pass.rows_of(op) == 0) continue;
    if (op.kind == HR_MATMUL)
      run_matmul(pass, op, count, member);
    else
      run(pass, op, member);
  }
}

}  // namespace

void run_pass(Program& program, const hr_batch& batch, std::int32_t first_op, std::int32_t end_op) noexcept {
  if (first_op == end_op) return;
  if (program.pages != nullptr) plan_attention(program, batch);
  Pass pass{program, batch, first_op, end_op, plan_of(batch.rows, batch.wanted)};
  program.team.run(walk, &pass);
}

}  // namespace headrace
