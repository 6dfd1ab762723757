// What a batch may look like. Nothing is written to buffers or pages before all of it has passed.
#pragma once
#include "cpu/program/program.h"

namespace headrace {

// Checks every number of the batch for operations [first_op, end_op) and notes each row's depth below the committed
// tokens. A block may be written by one sequence of the batch only, and by no sequence that another one reads it for.
hr_status check_batch(Program& program, const hr_batch& batch, std::int32_t first_op, std::int32_t end_op) noexcept;

// The rows of sequence s are a plain chain: each row's parent is the row before.
bool is_chain(const hr_batch& batch, int s) noexcept;

}  // namespace headrace
