#include "cpu/program/barriers.h"

#include <algorithm>
#include <limits>

namespace headrace {
namespace {

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();

struct Access {
  int resource;  // buffers, then the pages of each layer, then the scratch of attention
  bool write;
  std::int64_t begin;
  std::int64_t end;
};

bool clash(const Access& a, const Access& b) {
  return a.resource == b.resource && (a.write || b.write) && a.begin < b.end && b.begin < a.end;
}

// An operation that every member does for itself when rows are few.
bool repeats(const Op& op, const std::vector<Buffer>& buffers) {
  return (op.kind == HR_NORM || op.kind == HR_CONVERT || op.kind == HR_SILU) &&
         buffers[static_cast<std::size_t>(op.target)].quantised();
}

std::vector<Access> accesses(const Op& op, bool own_target, bool own_source, int buffers, int layers) {
  std::vector<Access> all;
  if (op.source >= 0 && op.kind != HR_EMBED && !own_source) all.push_back({op.source, op.kind == HR_ROPE, 0, kAll});
  if (op.kind == HR_ROPE || op.kind == HR_ATTEND) all.push_back({buffers + op.layer, op.kind == HR_ROPE, 0, kAll});
  if (op.kind == HR_ATTEND) all.push_back({buffers + layers, true, 0, kAll});
  if (op.kind == HR_MATMUL) {
    all.push_back({op.target, true, op.offset, op.offset + op.matrix.rows});
  } else if (op.kind != HR_ROPE && !own_target) {
    all.push_back({op.target, true, 0, kAll});
  }
  return all;
}

// The first of a run of products that may be dealt together has nothing between it and this one in any plan.
bool joins(const Op& before, const Op& op) {
  return before.kind == HR_MATMUL && op.kind == HR_MATMUL && before.source == op.source && before.target == op.target &&
         before.wanted == op.wanted && before.matrix.traits->quantised_activations ==
             op.matrix.traits->quantised_activations &&
         std::none_of(op.barrier.begin(), op.barrier.end(), [](bool barrier) { return barrier; });
}

}  // namespace

void plan_barriers(std::vector<Op>& ops, const std::vector<Buffer>& buffers, int layers) {
  for (int plan = 0; plan < kPlans; ++plan) {
    std::vector<Access> open;                      // since the last barrier
    std::vector<bool> own(buffers.size(), false);  // the latest contents lie in the members' own copies
    for (Op& op : ops) {
      const std::size_t p = static_cast<std::size_t>(plan);
      const bool own_target = repeats(op, buffers) && few_in_plan(plan, op.wanted);
      op.own_source[p] = op.source >= 0 && own[static_cast<std::size_t>(op.source)];
      const std::vector<Access> mine =
          accesses(op, own_target, op.own_source[p], static_cast<int>(buffers.size()), layers);
      op.barrier[p] = std::any_of(mine.begin(), mine.end(), [&](const Access& a) {
        return std::any_of(open.begin(), open.end(), [&](const Access& b) { return clash(a, b); });
      });
      if (op.barrier[p]) open.clear();
      open.insert(open.end(), mine.begin(), mine.end());
      if (op.target >= 0 && op.kind != HR_ROPE) own[static_cast<std::size_t>(op.target)] = own_target;
    }
  }
  for (std::size_t i = ops.size(); i-- > 1;) {
    if (joins(ops[i - 1], ops[i])) ops[i - 1].run = ops[i].run + 1;
  }
}

}  // namespace headrace
