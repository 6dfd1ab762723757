#include <memory>
#include <optional>

#include "abi/team.h"
#include "cpu/program/batch.h"
#include "cpu/program/check.h"
#include "cpu/program/open.h"
#include "cpu/program/pass.h"

struct hr_program {
  std::unique_ptr<headrace::Program> program;
  std::optional<headrace::Pass> begun;
};

extern "C" hr_status hr_program_open(hr_team* team, const hr_shape* shape, int32_t buffers, const hr_buffer* buffer,
                                     int32_t ops, const hr_op* op, void* pages, int32_t blocks, hr_program** program,
                                     int32_t* bad_op) {
  if (program == nullptr) return HR_NULL_POINTER;
  *program = nullptr;
  if (bad_op != nullptr) *bad_op = -1;
  if (team == nullptr || shape == nullptr || buffer == nullptr || op == nullptr) return HR_NULL_POINTER;
  if (buffers <= 0 || ops <= 0 || blocks < 0 || (pages != nullptr && blocks == 0)) return HR_BAD_SHAPE;
  if (reinterpret_cast<std::uintptr_t>(pages) % 64 != 0) return HR_BAD_SHAPE;
  if (!headrace::shape_is_sound(*shape) || !headrace::buffers_are_sound(*shape, buffers, buffer)) return HR_BAD_SHAPE;
  if (pages != nullptr && hr_pages_bytes(shape->layers, blocks, shape->kv_heads, shape->head_dim) < 0)
    return HR_BAD_SHAPE;
  try {
    const std::int32_t bad = headrace::first_bad_op(*shape, buffers, buffer, ops, op, pages != nullptr);
    if (bad >= 0) {
      if (bad_op != nullptr) *bad_op = bad;
      return HR_BAD_PROGRAM;
    }
    *program = new hr_program{headrace::open_program(team->team, *shape, buffers, buffer, ops, op, pages, blocks), {}};
    return HR_OK;
  } catch (...) {
    return HR_NO_MEMORY;
  }
}

extern "C" void hr_program_close(hr_program* program) {
  if (program != nullptr && program->begun) hr_pass_end(program);  // others may be writing to its buffers
  delete program;
}

extern "C" float* hr_program_buffer(hr_program* program, int32_t buffer) {
  if (program == nullptr || buffer < 0 || static_cast<std::size_t>(buffer) >= program->program->buffer.size())
    return nullptr;
  return program->program->buffer[static_cast<std::size_t>(buffer)].f32;
}

extern "C" hr_status hr_pass_begin(hr_program* program, const hr_batch* batch, int32_t first_op, int32_t end_op) {
  if (program == nullptr || batch == nullptr) return HR_NULL_POINTER;
  headrace::Program& p = *program->program;
  if (program->begun) return HR_BAD_BATCH;
  if (first_op < 0 || first_op > end_op || static_cast<std::size_t>(end_op) > p.op.size()) return HR_BAD_BATCH;
  if (const hr_status status = headrace::check_batch(p, *batch, first_op, end_op); status != HR_OK) return status;
  headrace::begin_pass(program->begun.emplace(headrace::Pass{p, *batch, first_op, end_op}));
  return HR_OK;
}

extern "C" hr_status hr_pass_end(hr_program* program) {
  if (program == nullptr) return HR_NULL_POINTER;
  if (!program->begun) return HR_BAD_BATCH;
  headrace::finish_pass(*program->begun);
  program->begun.reset();
  return HR_OK;
}

extern "C" hr_status hr_pass(hr_program* program, const hr_batch* batch, int32_t first_op, int32_t end_op) {
  const hr_status status = hr_pass_begin(program, batch, first_op, end_op);
  return status == HR_OK ? hr_pass_end(program) : status;
}
