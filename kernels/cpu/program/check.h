// What a program may look like. Nothing is built before all of it has passed.
#pragma once
#include <cstdint>

#include "headrace/kernels.h"

namespace headrace {

bool shape_is_sound(const hr_shape& shape) noexcept;
bool buffers_are_sound(const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer) noexcept;

// Rows that a buffer holds.
inline std::int32_t capacity(const hr_shape& shape, const hr_buffer& buffer) noexcept {
  return buffer.rows == 0 ? shape.max_rows : buffer.rows;
}

// Index of the first bad operation, or -1. Expects a sound shape and sound buffers.
std::int32_t first_bad_op(const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer, std::int32_t ops,
                          const hr_op* op, bool has_pages);

}  // namespace headrace
