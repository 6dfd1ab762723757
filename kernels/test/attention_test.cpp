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
    view.tokens = std::min(128, tokens - 128 * c);
    for (int b = 0; b < 8; ++b) {
      const std::size_t i = static_cast<std::size_t>(std::min<int>(8 * c + b, static_cast<int>(table.size()) - 1));
      view.page[b] = view.next[b] = pool.data() + table[i] * 32 * dim;
    }
    return view;
  }
};

std::vector<float> decode(const RowKernels& k, const Head& head, const std::vector<float>& q, int group) {
  const int chunks = (head.tokens + 127) / 128;
  const std::size_t row = static_cast<std::size_t>(head.dim);
  const std::size_t rows = static_cast<std::size_t>(group);
  std::vector<float> o(static_cast<std::size_t>(chunks) * rows * row), ml(static_cast<std::size_t>(chunks) * rows * 2),
      out(rows * row);
  for (int c = 0; c < chunks; ++c) {
    const std::size_t at = static_cast<std::size_t>(c) * rows;
    k.attention.decode_chunk(head.chunk(c), q.data(), group, head.dim, o.data() + at * row, ml.data() + at * 2);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    k.attention.fold_chunks(o.data() + r * row, static_cast<long>(rows * row), ml.data() + r * 2,
                            static_cast<long>(rows * 2), chunks, head.dim, out.data() + r * row);
  }
  return out;
}

// All rows at once, row r seeing tokens - r of them.
std::vector<float> many(const RowKernels& k, const Head& head, const std::vector<float>& q, int rows) {
  const std::size_t dim = static_cast<std::size_t>(head.dim);
  std::vector<float> keys(dim * 128), values(dim * 128), scores(24 * 128), o(24 * dim),
      out(static_cast<std::size_t>(rows) * dim);
  std::vector<float> ml(static_cast<std::size_t>(rows) * 2);
  ManyScratch scratch{keys.data(), values.data(), scores.data(), o.data(), {}, {}};
  ManyRows view{};
  FoldTarget target[kManyRows];
  view.rows = rows;
  for (int c = 0; c * 128 < head.tokens; ++c) {
    k.attention.widen_chunk(head.chunk(c), head.dim, scratch);
    for (int r = 0; r < rows; ++r) {
      view.q[r] = q.data() + static_cast<std::size_t>(r) * dim;
      view.visible[r] = head.tokens - r - 128 * c;
      target[r] = {out.data() + static_cast<std::size_t>(r) * dim, ml.data() + 2 * r};
    }
    k.attention.many_chunk(view, head.dim, scratch);
    k.attention.fold_many(view, head.dim, scratch, c == 0, target);
  }
  for (int r = 0; r < rows; ++r) k.attention.finish(target[r].o, target[r].ml[1], head.dim);
  return out;
}

constexpr int kLengths[] = {1, 15, 16, 17, 127, 128, 129, 255, 300};

}  // namespace

TEST(attention_of_few_rows_has_the_bits_of_the_law) {
  for (const int dim : {16, 32, 64, 80, 128}) {
    for (const int tokens : kLengths) {
      const Head head(dim, tokens, true, 1000.0f, 1);
      for (const int group : {1, 2, 3, 4, 5, 6, 7, 9, 16}) {
        const std::vector<float> q = random_row(static_cast<std::size_t>(group * dim), 11, 1.0f);
        std::vector<float> law(q.size());
        for (int r = 0; r < group; ++r) {
          reference::attention(q.data() + r * dim, head.keys.data(), head.values.data(), tokens, dim,
                               law.data() + r * dim);
        }
        for (const std::int32_t tier : tiers()) {
          const std::vector<float> out = decode(row_kernels(tier), head, q, group);
          for (std::size_t i = 0; i < law.size(); ++i) {
            if (!CHECK_BITS(out[i], law[i])) return;
          }
        }
      }
    }
  }
}

TEST(attention_of_many_rows_has_the_bits_of_the_law) {
  for (const int dim : {16, 32, 64, 80, 128}) {
    for (const int tokens : {1, 5, 16, 24, 64, 65, 129, 140, 300}) {
      const Head head(dim, tokens, true, -1000.0f, 2);
      for (const int rows : {1, 3, 6, 7, 23, 24}) {
        if (rows > tokens) continue;
        const std::vector<float> q = random_row(static_cast<std::size_t>(rows * dim), 12, 1.0f);
        std::vector<float> law(q.size());
        for (int r = 0; r < rows; ++r) {
          reference::attention(q.data() + r * dim, head.keys.data(), head.values.data(), tokens - r, dim,
                               law.data() + r * dim);
        }
        for (const std::int32_t tier : tiers()) {
          const std::vector<float> out = many(row_kernels(tier), head, q, rows);
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
      const std::vector<float> ordered = decode(k, Head(64, tokens, false, 0.0f, 3), q, 3);
      for (const float beyond : {0.0f, infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
        const Head head(64, tokens, true, beyond, 4);
        const std::vector<float> few = decode(k, head, q, 3);
        for (std::size_t i = 0; i < ordered.size(); ++i) {
          if (!CHECK_BITS(few[i], ordered[i])) return;
        }
        const std::vector<float> alone = many(k, head, q, 1);
        for (std::size_t i = 0; i < 64; ++i) {
          if (!CHECK_BITS(alone[i], ordered[i])) return;
        }
      }
    }
  }
}

}  // namespace headrace::test
