// Building a program from what Java prepared.
#pragma once
#include <memory>

#include "cpu/program/program.h"

namespace headrace {

// Expects sound arguments (check.h). Throws std::bad_alloc.
std::unique_ptr<Program> open_program(Team& team, const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer,
                                      std::int32_t ops, const hr_op* op, void* pages, std::int32_t blocks);

}  // namespace headrace
