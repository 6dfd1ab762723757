// The attention kernels against the plain loops, bit for bit: lengths around pages and chunks, groups, head sizes, page
// orders.
#include <algorithm>
#include <limits>

#include "cpu/attention/reference.h"
#include "cpu/dispatch/row_kernels.h"
#include "cpu/half/half.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

// One key/value head of one sequence: pages in a pool in any order, and the same keys and values in a row.
struct Head {
  int dim;
  int tokens;
  std::vector<std::uint16_t> pool;
  std::vector<int> table;
  std::vector<float> keys, values;

  Head(int head_dim, int length, bool shuffled, float beyond, std::uint64_t seed) : dim(head_dim), tokens(length) {
    const int pages = (length + 15) / 16;
    Random random(seed);
    table.resize(static_cast<std::size_t>(pages));
    for (int i = 0; i < pages; ++i) table[static_cast<std::size_t>(i)] = i;
    for (int i = pages - 1; shuffled && i > 0; --i) {
      std::swap(table[static_cast<std::size_t>(i)], table[static_cast<std::size_t>(random.below(i + 1))]);
    }
    pool.assign(static_cast<std::size_t>(pages * 32 * dim), float_to_half(beyond));  // what lies beyond the last token
    Random content(99);  // the same for every order of pages
    for (int t = 0; t < length; ++t) {
      std::uint16_t* page = pool.data() + table[static_cast<std::size_t>(t / 16)] * 32 * dim;
      for (int d = 0; d < dim; ++d) {
        const std::uint16_t k = float_to_half(content.real(2.0f)), v = float_to_half(content.real(3.0f));
        page[d * 16 + t % 16] = k;
        page[(16 + t % 16) * dim + d] = v;
        keys.push_back(half_to_float(k));
        values.push_back(half_to_float(v));
      }
    }
  }

  ChunkPages chunk(int c) const {
    ChunkPages view{};
    for (int b = 0; b < 8; ++b) {
      const std::size_t i = static_cast<std::size_t>(std::min<int>(8 * c + b, static_cast<int>(table.size()) - 1));
      view.page[b] = view.next[b] = pool.data() + table[i] * 32 * dim;
    }
    return view;
  }
};

// Scratch of one thread.
struct Memory {
  std::vector<float> q, scores, o, ml;
  AttentionScratch scratch;
  explicit Memory(int head_dim)
      : q(kBatchRows * kQueryStride),
        scores(2 * kBatchRows * 128),
        o(static_cast<std::size_t>(kBatchRows * head_dim)),
        ml(2 * kBatchRows),
        scratch{q.data(), scores.data(), o.data(), ml.data()} {}
};

// Rows of q that see the same tokens: partials of all chunks, then one fold.
std::vector<float> together(const RowKernels& k, const Head& head, const std::vector<float>& q, int count) {
  const int chunks = (head.tokens + 127) / 128;
  const std::size_t row = static_cast<std::size_t>(head.dim);
  const std::size_t rows = static_cast<std::size_t>(count);
  std::vector<float> o(static_cast<std::size_t>(chunks) * rows * row), ml(static_cast<std::size_t>(chunks) * rows * 2),
      out(rows * row);
  Memory memory(head.dim);
  for (int c = 0; c < chunks; ++c) {
    const std::size_t at = static_cast<std::size_t>(c) * rows;
    BatchRows batch{};
    batch.rows = count;
    for (std::size_t r = 0; r < rows; ++r) {
      batch.q[r] = q.data() + r * row;
      batch.visible[r] = std::min(128, head.tokens - 128 * c);
    }
    k.attention.partials(head.chunk(c), batch, head.dim, memory.scratch, o.data() + at * row,
                         ml.data() + at * 2);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    k.attention.fold_chunks(o.data() + r * row, static_cast<long>(rows * row), ml.data() + r * 2,
                            static_cast<long>(rows * 2), chunks, head.dim, out.data() + r * row);
  }
  return out;
}

// Rows at the diagonal, folded chunk by chunk: row r sees tokens - (rows - 1 - r) / each of them.
std::vector<float> diagonal(const RowKernels& k, const Head& head, const std::vector<float>& q, int rows, int each) {
  const std::size_t dim = static_cast<std::size_t>(head.dim);
  std::vector<float> out(static_cast<std::size_t>(rows) * dim), ml(static_cast<std::size_t>(rows) * 2);
  Memory memory(head.dim);
  for (int c = 0; c * 128 < head.tokens; ++c) {
    BatchRows batch{};
    FoldTarget target[kBatchRows];
    for (int r = 0; r < rows; ++r) {
      const int visible = head.tokens - (rows - 1 - r) / each - 128 * c;
      if (visible <= 0) continue;
      batch.q[batch.rows] = q.data() + static_cast<std::size_t>(r) * dim;
      batch.visible[batch.rows] = std::min(visible, 128);
      target[batch.rows++] = {out.data() + static_cast<std::size_t>(r) * dim, ml.data() + 2 * r};
    }
    k.attention.partials(head.chunk(c), batch, head.dim, memory.scratch, memory.o.data(), memory.ml.data());
    k.attention.fold_batch(memory.o.data(), memory.ml.data(), batch.rows, head.dim, c == 0, target);
  }
  for (int r = 0; r < rows; ++r) {
    const std::size_t i = static_cast<std::size_t>(r);
    k.attention.finish(out.data() + i * dim, ml[2 * i + 1], head.dim);
  }
  return out;
}

constexpr int kLengths[] = {1, 15, 16, 17, 127, 128, 129, 255, 300};

}  // namespace

TEST(attention_of_rows_that_see_the_same_has_the_bits_of_the_law) {
  for (const int dim : {16, 32, 64, 80, 128}) {
    for (const int tokens : kLengths) {
      const Head head(dim, tokens, true, 1000.0f, 1);
      for (const int group : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 19, 24}) {
        const std::vector<float> q = random_row(static_cast<std::size_t>(group * dim), 11, 1.0f);
        std::vector<float> law(q.size());
        for (int r = 0; r < group; ++r) {
          reference::attention(q.data() + r * dim, head.keys.data(), head.values.data(), tokens, dim,
                               law.data() + r * dim);
        }
        for (const std::int32_t tier : tiers()) {
          const std::vector<float> out = together(row_kernels(tier), head, q, group);
          for (std::size_t i = 0; i < law.size(); ++i) {
            if (!CHECK_BITS(out[i], law[i])) return;
          }
        }
      }
    }
  }
}

TEST(attention_at_the_diagonal_has_the_bits_of_the_law) {
  for (const int dim : {16, 32, 64, 80, 128}) {
    for (const int tokens : {1, 5, 16, 24, 64, 65, 129, 140, 300}) {
      const Head head(dim, tokens, true, -1000.0f, 2);
      for (const int rows : {1, 3, 6, 7, 18, 23, 24}) {
        const int each = rows % 3 == 0 ? 3 : 1;
        if ((rows + each - 1) / each > tokens) continue;
        const std::vector<float> q = random_row(static_cast<std::size_t>(rows * dim), 12, 1.0f);
        std::vector<float> law(q.size());
        for (int r = 0; r < rows; ++r) {
          const int seen = tokens - (rows - 1 - r) / each;
          reference::attention(q.data() + r * dim, head.keys.data(), head.values.data(), seen, dim,
                               law.data() + r * dim);
        }
        for (const std::int32_t tier : tiers()) {
          const std::vector<float> out = diagonal(row_kernels(tier), head, q, rows, each);
          for (std::size_t i = 0; i < law.size(); ++i) {
            if (!CHECK_BITS(out[i], law[i])) return;
          }
        }
      }
    }
  }
}

TEST(the_order_of_pages_and_what_lies_beyond_the_last_token_do_not_matter) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const int tokens : kLengths) {
    const std::vector<float> q = random_row(3 * 64, 13, 1.0f);
    for (const std::int32_t tier : tiers()) {
      const RowKernels& k = row_kernels(tier);
      const std::vector<float> ordered = together(k, Head(64, tokens, false, 0.0f, 3), q, 3);
      for (const float beyond : {0.0f, infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
        const Head head(64, tokens, true, beyond, 4);
        const std::vector<float> few = together(k, head, q, 3);
        for (std::size_t i = 0; i < ordered.size(); ++i) {
          if (!CHECK_BITS(few[i], ordered[i])) return;
        }
        const std::vector<float> alone = diagonal(k, head, q, 1, 1);
        for (std::size_t i = 0; i < 64; ++i) {
          if (!CHECK_BITS(alone[i], ordered[i])) return;
        }
      }
    }
  }
}

}  // namespace headrace::test
