// Where the members of a team must meet: before an operation that touches what another one, since the last meeting,
// touches too, unless both only read. Buffers count by columns, so the products of q, k and v into one buffer run
// through without a stop.
#pragma once
#include "cpu/program/program.h"

namespace headrace {

// Fills Op::barrier, Op::own_source and Op::run of every operation.
void plan_barriers(std::vector<Op>& ops, const std::vector<Buffer>& buffers, int layers);

}  // namespace headrace
