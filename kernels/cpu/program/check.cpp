#include "cpu/attention/move.h"
#include "cpu/program/check.h"

#include <cstdint>
#include <limits>
#include <vector>

#include "cpu/attention/attention.h"
#include "cpu/matmul/matmul.h"
#include "cpu/rope/rope.h"

namespace headrace {
namespace {

constexpr std::int64_t kMostValues = std::int64_t{1}
                                     << 40;  // of one buffer or matrix: far beyond any machine, far below overflow
constexpr std::int64_t kMostIndexed = std::int64_t{1} << 24;  // whole numbers that a float32 holds

// The rules for one operation; `written` says per quantised buffer which rows it holds.
class OpRules {
 public:
  enum class Holds { kNothing, kRows, kWanted };

  OpRules(const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer, bool has_pages)
      : shape_(shape),
        buffers_(buffers),
        buffer_(buffer),
        has_pages_(has_pages),
        holds_(static_cast<std::size_t>(buffers), Holds::kNothing) {}

  bool accept(const hr_op& op) {
    if ((op.flags & ~(HR_ACCUMULATE | HR_WANTED)) != 0) return false;
    if ((op.flags & HR_ACCUMULATE) != 0 && op.kind != HR_MATMUL) return false;
    const bool wanted = (op.flags & HR_WANTED) != 0;
    switch (op.kind) {
      case HR_EMBED:
        return !wanted && target(op, false, HR_BUFFER_F32) && matrix(op.matrix) &&
               op.matrix.columns == width(op.target);
      case HR_NORM:
        return source(op, wanted, HR_BUFFER_F32) && target(op, wanted) && same_width(op) &&
               width(op.source) % 16 == 0 && op.vector != nullptr && wrote(op, wanted);
      case HR_CONVERT:
        return source(op, wanted, HR_BUFFER_F32) && target(op, wanted) && same_width(op) && wrote(op, wanted);
      case HR_SILU:
        return source(op, wanted, HR_BUFFER_F32) && target(op, wanted) && same_width(op) &&
               width(op.source) % 16 == 0 && wrote(op, wanted);
      case HR_COPY:
        return source(op, wanted, HR_BUFFER_F32) && target(op, wanted, HR_BUFFER_F32) && same_width(op) &&
               op.source != op.target;
      case HR_GATHER:
        return source(op, false, HR_BUFFER_F32) && target(op, true, HR_BUFFER_F32) && same_width(op) &&
               op.source != op.target;
      case HR_PEAKS:
        return source(op, wanted, HR_BUFFER_F32) && target(op, wanted, HR_BUFFER_F32) && op.source != op.target &&
               width(op.target) == (width(op.source) + HR_SPAN - 1) / HR_SPAN;
      case HR_ARGMAX:
        return source(op, wanted, HR_BUFFER_F32) && target(op, wanted, HR_BUFFER_F32) && op.source != op.target &&
               width(op.source) <= kMostIndexed && width(op.target) == 1;
      case HR_MATMUL:
        return target(op, wanted, HR_BUFFER_F32) && product(op, op.matrix, wanted) && op.source != op.target &&
               op.offset >= 0 && op.matrix.rows <= width(op.target) - op.offset;
      case HR_GATED:
        return target(op, wanted) && product(op, op.matrix, wanted) && product(op, op.second, wanted) &&
               op.source != op.target && op.matrix.rows == op.second.rows && op.matrix.rows == width(op.target) &&
               op.matrix.format == op.second.format && wrote(op, wanted);
      case HR_ROPE:
        return !wanted && source(op, false, HR_BUFFER_F32) && width(op.source) == projected() && layered(op);
      case HR_ATTEND:
        return !wanted && source(op, false, HR_BUFFER_F32) && target(op, false, HR_BUFFER_F32) &&
               op.source != op.target && width(op.source) == projected() &&
               width(op.target) == std::int64_t{shape_.heads} * shape_.head_dim && layered(op);
      default: return false;
    }
  }

 private:
  std::int64_t width(std::int32_t b) const { return buffer_[b].width; }
  std::int64_t projected() const {
    return (std::int64_t{shape_.heads} + 2 * std::int64_t{shape_.kv_heads}) * shape_.head_dim;
  }
  bool same_width(const hr_op& op) const { return width(op.source) == width(op.target); }
  bool layered(const hr_op& op) const { return has_pages_ && op.layer >= 0 && op.layer < shape_.layers; }

  bool holds_rows(std::int32_t b, bool wanted) const {
    return b >= 0 && b < buffers_ && capacity(shape_, buffer_[b]) >= (wanted ? shape_.max_wanted : shape_.max_rows);
  }
  bool source(const hr_op& op, bool wanted, std::int32_t kind) const {
    return holds_rows(op.source, wanted) && buffer_[op.source].kind == kind;
  }
  bool target(const hr_op& op, bool wanted) const { return holds_rows(op.target, wanted); }
  bool target(const hr_op& op, bool wanted, std::int32_t kind) const {
    return target(op, wanted) && buffer_[op.target].kind == kind;
  }

  bool wrote(const hr_op& op, bool wanted) {
    holds_[static_cast<std::size_t>(op.target)] = wanted ? Holds::kWanted : Holds::kRows;
    return true;
  }

  static bool matrix(const hr_matrix& m) {
    const FormatTraits* traits = format_traits(m.format);
    return traits != nullptr && m.packed != nullptr && reinterpret_cast<std::uintptr_t>(m.packed) % 64 == 0 &&
           m.rows > 0 && m.columns > 0 && m.rows <= std::numeric_limits<std::int32_t>::max() - 15 &&
           m.columns % traits->block_weights == 0 && m.columns <= kMostValues / m.rows;
  }

  // Source and matrix fit each other: quantised weights want quantised activations of the same rows.
  bool product(const hr_op& op, const hr_matrix& m, bool wanted) const {
    if (!matrix(m)) return false;
    const bool quantised = format_traits(m.format)->quantised_activations;
    if (!holds_rows(op.source, wanted) || m.columns != width(op.source)) return false;
    if ((buffer_[op.source].kind != HR_BUFFER_F32) != quantised) return false;
    return !quantised || holds_[static_cast<std::size_t>(op.source)] == (wanted ? Holds::kWanted : Holds::kRows);
  }

  const hr_shape& shape_;
  std::int32_t buffers_;
  const hr_buffer* buffer_;
  bool has_pages_;
  std::vector<Holds> holds_;
};

}  // namespace

bool shape_is_sound(const hr_shape& s) noexcept {
  constexpr std::int32_t kMost = 1 << 24;
  const auto within = [](std::int32_t x, std::int32_t low, std::int32_t high) { return x >= low && x <= high; };
  return within(s.max_rows, 1, 1 << 20) && within(s.max_wanted, 0, 1 << 20) && within(s.max_sequences, 1, 1 << 20) &&
         within(s.layers, 1, 1 << 16) && within(s.kv_heads, 1, 1 << 12) &&
         within(s.heads, s.kv_heads, s.kv_heads * kMaxGroup) && s.heads % s.kv_heads == 0 &&
         within(s.head_dim, 16, kMaxHeadDim) && s.head_dim % 16 == 0 &&
         (s.rope_kind == HR_ROPE_INTERLEAVED || s.rope_kind == HR_ROPE_HALVES) && within(s.positions, 1, kMost) &&
         s.cos != nullptr && s.sin != nullptr && kv_format_is_known(s.kv_format);
}

bool buffers_are_sound(const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer) noexcept {
  for (std::int32_t b = 0; b < buffers; ++b) {
    const bool quantised = buffer[b].kind == HR_BUFFER_Q8 || buffer[b].kind == HR_BUFFER_Q16;
    if (buffer[b].kind != HR_BUFFER_F32 && !quantised) return false;
    if (buffer[b].rows < 0 || buffer[b].width <= 0) return false;
    if (quantised && buffer[b].width % 32 != 0) return false;
    const std::int64_t rows = capacity(shape, buffer[b]);
    if (buffer[b].width > kMostValues / (rows + kGroupRows)) return false;
  }
  return true;
}

std::int32_t first_bad_op(const hr_shape& shape, std::int32_t buffers, const hr_buffer* buffer, std::int32_t ops,
                          const hr_op* op, bool has_pages) {
  OpRules rules(shape, buffers, buffer, has_pages);
  for (std::int32_t i = 0; i < ops; ++i) {
    if (!rules.accept(op[i])) return i;
  }
  return -1;
}

}  // namespace headrace
