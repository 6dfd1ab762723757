// One walk of a team over a range of operations. Every member that takes part runs the same code; units of work are
// dealt by counters. How many take part may change from pass to pass and changes no result.
#pragma once
#include "cpu/program/program.h"

namespace headrace {

struct Pass {
  Program& program;
  const hr_batch& batch;
  std::int32_t first_op;
  std::int32_t end_op;
  int plan = 0;
  int members = 1;  // that take part, at most the size of the team

  int rows_of(const Op& op) const noexcept { return op.wanted || op.kind == HR_GATHER ? batch.wanted : batch.rows; }
  Buffer& buffer(int index) const noexcept { return program.buffer[static_cast<std::size_t>(index)]; }

  // Quantised source of an operation as this member sees it.
  const QuantisedRows& quantised(const Op& op, int member) const noexcept {
    const Buffer& source = buffer(op.source);
    return op.own_source[static_cast<std::size_t>(plan)] ? source.own[static_cast<std::size_t>(member)] : source.shared;
  }

  // Deals `units` of `op` in pieces: work(begin, end).
  template <class Work>
  void deal(const Op& op, int member, int units, int piece, Work&& work) const noexcept {
    const std::size_t index = static_cast<std::size_t>(&op - program.op.data());
    const std::size_t row = index * static_cast<std::size_t>(program.team.size());
    split(program.counters.get() + row, members, member, units, piece, work);
  }
};

// Plans a walk over a batch that check_batch accepted and sets the other members to it. Pass and batch stay where they
// are until finish_pass() has done the caller's share and all others are done.
void begin_pass(Pass& pass) noexcept;
void finish_pass(Pass& pass) noexcept;

// rows.cpp: EMBED, NORM, CONVERT, COPY, GATHER, PEAKS, ARGMAX, ROPE. products.cpp: MATMUL, GATED.
void run_rows(const Pass& pass, const Op& op, int member) noexcept;
void run_peaks(const Pass& pass, const Op& op, int member) noexcept;
void run_argmax(const Pass& pass, const Op& op, int member) noexcept;
void run_rope(const Pass& pass, const Op& op, int member) noexcept;
// MATMUL: `count` operations from `op` on, at most op.run, as one.
void run_matmul(const Pass& pass, const Op& op, int count, int member) noexcept;
void run_gated(const Pass& pass, const Op& op, int member) noexcept;

}  // namespace headrace
