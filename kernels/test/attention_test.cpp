// The attention kernels against the plain loops, bit for bit: lengths around pages and chunks, groups, head sizes, page
// orders.
#include <algorithm>
#include <limits>

#include "cpu/attention/reference.h"
#include "cpu/dispatch/pair_kernels.h"
#include "cpu/dispatch/row_kernels.h"
#include "cpu/attention/move.h"
#include "cpu/half/half.h"
#include "cpu/half/pair.h"
#include "test/check.h"
#include "test/fills.h"
#include "test/tiny_model.h"

namespace headrace::test {
namespace {

// One key/value head of one sequence: pages in a pool in any order, and the same keys and values in a row.
struct Head {
  std::int32_t kv;
  int dim;
  int tokens;
  std::vector<std::uint16_t> pool;
  std::vector<int> table;
  std::vector<float> keys, values;

  Head(std::int32_t format, int head_dim, int length, bool shuffled, float beyond, std::uint64_t seed)
      : kv(format), dim(head_dim), tokens(length) {
    const int pages = (length + 15) / 16;
    Random random(seed);
    table.resize(static_cast<std::size_t>(pages));
    for (int i = 0; i < pages; ++i) table[static_cast<std::size_t>(i)] = i;
    for (int i = pages - 1; shuffled && i > 0; --i) {
      std::swap(table[static_cast<std::size_t>(i)], table[static_cast<std::size_t>(random.below(i + 1))]);
    }
    pool.assign(static_cast<std::size_t>(pages * 32 * dim), kept(beyond));  // what lies beyond the last token
    Random content(99);  // the same for every order of pages
    for (int t = 0; t < length; ++t) {
      std::uint16_t* page = pool.data() + table[static_cast<std::size_t>(t / 16)] * 32 * dim;
      for (int d = 0; d < dim; ++d) {
        const std::uint16_t k = kept(content.real(2.0f)), v = kept(content.real(3.0f));
        page[key_index(kv, d, t % 16)] = k;
        page[value_index(kv, t % 16, d, dim)] = v;
        keys.push_back(widened(k));
        values.push_back(widened(v));
      }
    }
  }

  std::uint16_t kept(float x) const { return kv == HR_KV_BF16 ? to_pair_half(x) : float_to_half(x); }
  float widened(std::uint16_t x) const { return kv == HR_KV_BF16 ? from_pair_half(x) : half_to_float(x); }

  // The law's result for a query that sees the first n tokens.
  void law(const float* q, int n, float* out) const {
    const auto attend = kv == HR_KV_BF16 ? reference::attention_of_pairs : reference::attention;
    attend(q, keys.data(), values.data(), n, dim, out);
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
  std::vector<float> q, scores, o, ml, panel;
  AttentionScratch scratch;
  explicit Memory(int head_dim)
      : q(kBatchRows * kQueryStride),
        scores(2 * kBatchRows * 128),
        o(static_cast<std::size_t>(kBatchRows * head_dim)),
        ml(2 * kBatchRows),
        panel(static_cast<std::size_t>(2 * kChunkTokens * head_dim)),
        scratch{q.data(), scores.data(), o.data(), ml.data(), panel.data()} {}
};

// Rows of q that see the same tokens: partials of all chunks, then one fold.
std::vector<float> together(const AttentionKernels& k, const Head& head, const std::vector<float>& q, int count) {
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
    k.partials(head.chunk(c), batch, head.dim, memory.scratch, o.data() + at * row,
                         ml.data() + at * 2);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    k.fold_chunks(o.data() + r * row, static_cast<long>(rows * row), ml.data() + r * 2,
                            static_cast<long>(rows * 2), chunks, head.dim, out.data() + r * row);
  }
  return out;
}

// Rows at the diagonal, folded chunk by chunk: row r sees tokens - (rows - 1 - r) / each of them.
std::vector<float> diagonal(const AttentionKernels& k, const Head& head, const std::vector<float>& q, int rows, int each) {
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
    k.partials(head.chunk(c), batch, head.dim, memory.scratch, memory.o.data(), memory.ml.data());
    k.fold_batch(memory.o.data(), memory.ml.data(), batch.rows, head.dim, c == 0, target);
  }
  for (int r = 0; r < rows; ++r) {
    const std::size_t i = static_cast<std::size_t>(r);
    k.finish(out.data() + i * dim, ml[2 * i + 1], head.dim);
  }
  return out;
}

// Kernels of every tier for a format, and those of the processor's own bf16 instructions where it has them.
std::vector<const AttentionKernels*> kernels_for(std::int32_t kv) {
  std::vector<const AttentionKernels*> all;
  for (const std::int32_t tier : tiers()) all.push_back(&row_kernels(tier).attention[kv]);
  if (kv == HR_KV_BF16 && bf16_products(best_tier()) == HR_BF16_NATIVE) {
    all.push_back(&attention_kernels(best_tier(), kv));
  }
  return all;
}

constexpr int kLengths[] = {1, 15, 16, 17, 127, 128, 129, 255, 300};

}  // namespace

TEST_FOR_EACH_KV_FORMAT(attention_of_rows_that_see_the_same_has_the_bits_of_the_law) {
  for (const int dim : {16, 32, 64, 80, 128}) {
    for (const int tokens : kLengths) {
      const Head head(kv, dim, tokens, true, 1000.0f, 1);
      for (const int group : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 19, 24, 27, 64, 96}) {
        const std::vector<float> q = random_row(static_cast<std::size_t>(group * dim), 11, 1.0f);
        std::vector<float> law(q.size());
        for (int r = 0; r < group; ++r) {
          head.law(q.data() + r * dim, tokens, law.data() + r * dim);
        }
        for (const AttentionKernels* k : kernels_for(kv)) {
          const std::vector<float> out = together(*k, head, q, group);
          for (std::size_t i = 0; i < law.size(); ++i) {
            if (!CHECK_BITS(out[i], law[i])) return;
          }
        }
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(attention_at_the_diagonal_has_the_bits_of_the_law) {
  for (const int dim : {16, 32, 64, 80, 128}) {
    for (const int tokens : {1, 5, 16, 24, 64, 65, 129, 140, 300}) {
      const Head head(kv, dim, tokens, true, -1000.0f, 2);
      for (const int rows : {1, 3, 6, 7, 18, 23, 24, 70, 96}) {
        const int each = rows % 3 == 0 ? 3 : 1;
        if ((rows + each - 1) / each > tokens) continue;
        const std::vector<float> q = random_row(static_cast<std::size_t>(rows * dim), 12, 1.0f);
        std::vector<float> law(q.size());
        for (int r = 0; r < rows; ++r) {
          const int seen = tokens - (rows - 1 - r) / each;
          head.law(q.data() + r * dim, seen, law.data() + r * dim);
        }
        for (const AttentionKernels* k : kernels_for(kv)) {
          const std::vector<float> out = diagonal(*k, head, q, rows, each);
          for (std::size_t i = 0; i < law.size(); ++i) {
            if (!CHECK_BITS(out[i], law[i])) return;
          }
        }
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(partials_in_pieces_have_the_bits_of_the_whole) {
  for (const int dim : {16, 64, 80}) {
    for (const int tokens : {1, 40, 128}) {
      const Head head(kv, dim, tokens, true, 1000.0f, 5);
      for (const int rows : {3, 30, 96}) {
        const std::vector<float> q = random_row(static_cast<std::size_t>(rows * dim), 14, 1.0f);
        BatchRows batch{};
        batch.rows = rows;
        for (int r = 0; r < rows; ++r) {
          batch.q[r] = q.data() + r * dim;
          batch.visible[r] = tokens;
        }
        for (const AttentionKernels* k : kernels_for(kv)) {
          Memory whole(dim), pieces(dim);
          k->partials(head.chunk(0), batch, dim, whole.scratch, whole.o.data(), whole.ml.data());
          k->pack(batch, dim, pieces.q.data());
          float* const panel = pieces.panel.data();
          k->scores(head.chunk(0), pieces.q.data(), batch.visible, rows, dim, panel, pieces.scores.data());
          k->softmax(pieces.scores.data(), tokens, rows, pieces.ml.data());
          const int half = tokens / 4 * 2;
          const std::vector<int> before(static_cast<std::size_t>(rows), half);
          if (half > 0) {
            k->values(head.chunk(0), pieces.scores.data(), before.data(), rows, 0, dim, panel, pieces.o.data());
          }
          k->values(head.chunk(0), pieces.scores.data(), batch.visible, rows, half, dim, panel, pieces.o.data());
          for (std::size_t i = 0; i < static_cast<std::size_t>(rows * dim); ++i) {
            if (!CHECK_BITS(pieces.o[i], whole.o[i])) return;
          }
          for (std::size_t i = 0; i < static_cast<std::size_t>(2 * rows); ++i) {
            if (!CHECK_BITS(pieces.ml[i], whole.ml[i])) return;
          }
        }
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(the_order_of_pages_and_what_lies_beyond_the_last_token_do_not_matter) {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const int tokens : kLengths) {
    const std::vector<float> q = random_row(3 * 64, 13, 1.0f);
    for (const AttentionKernels* k : kernels_for(kv)) {
      const std::vector<float> ordered = together(*k, Head(kv, 64, tokens, false, 0.0f, 3), q, 3);
      for (const float beyond : {0.0f, infinity, -infinity, std::numeric_limits<float>::quiet_NaN()}) {
        const Head head(kv, 64, tokens, true, beyond, 4);
        const std::vector<float> few = together(*k, head, q, 3);
        for (std::size_t i = 0; i < ordered.size(); ++i) {
          if (!CHECK_BITS(few[i], ordered[i])) return;
        }
        const std::vector<float> alone = diagonal(*k, head, q, 1, 1);
        for (std::size_t i = 0; i < 64; ++i) {
          if (!CHECK_BITS(alone[i], ordered[i])) return;
        }
      }
    }
  }
}

TEST(the_processor_multiplies_bf16_by_the_law_or_is_not_asked_to) {
  const NativePairKernels* native = native_pairs(best_tier());
  note(native != nullptr ? "bf16 products of the processor: tested"
                         : "bf16 products of the processor: SKIPPED, it has no AVX512-BF16");
  if (native == nullptr) {
    CHECK_EQ(bf16_products(best_tier()), HR_BF16_EMULATED);
    return;
  }
  const bool agrees = adds_pairs_by_the_law(native->add_pairs);
  CHECK_EQ(bf16_products(best_tier()), agrees ? HR_BF16_NATIVE : HR_BF16_DIFFERENT);
  const AttentionKernels* used = &attention_kernels(best_tier(), HR_KV_BF16);
  CHECK(used == (agrees ? &native->attention : &row_kernels(best_tier()).attention[HR_KV_BF16]));
}

TEST(the_check_of_bf16_products_finds_what_is_not_the_law) {
  CHECK(adds_pairs_by_the_law([](const std::uint32_t* x, const std::uint32_t* y, int n, float* a) noexcept {
    for (int i = 0; i < n; ++i) a[i] = add_pair(a[i], x[i], y[i]);
  }));
  CHECK(!adds_pairs_by_the_law([](const std::uint32_t* x, const std::uint32_t* y, int n, float* a) noexcept {
    for (int i = 0; i < n; ++i) a[i] = add_pair(a[i], x[i] << 16 | x[i] >> 16, y[i] << 16 | y[i] >> 16);  // even first
  }));
  CHECK(!adds_pairs_by_the_law([](const std::uint32_t* x, const std::uint32_t* y, int n, float* a) noexcept {
    for (int i = 0; i < n; ++i) {  // subnormal results kept
      const auto upper = [](std::uint32_t w) { return flushed(__builtin_bit_cast(float, w & 0xFFFF0000u)); };
      const auto lower = [](std::uint32_t w) { return flushed(__builtin_bit_cast(float, w << 16)); };
      a[i] = __builtin_fmaf(lower(x[i]), lower(y[i]), __builtin_fmaf(upper(x[i]), upper(y[i]), a[i]));
    }
  }));
  CHECK(!adds_pairs_by_the_law([](const std::uint32_t* x, const std::uint32_t* y, int n, float* a) noexcept {
    for (int i = 0; i < n; ++i) {  // products rounded apart
      const auto upper = [](std::uint32_t w) { return flushed(__builtin_bit_cast(float, w & 0xFFFF0000u)); };
      const auto lower = [](std::uint32_t w) { return flushed(__builtin_bit_cast(float, w << 16)); };
      a[i] = flushed(a[i] + flushed(flushed(upper(x[i]) * upper(y[i])) + flushed(lower(x[i]) * lower(y[i]))));
    }
  }));
}

TEST(numbers_round_to_bf16_by_the_law_in_every_tier) {
  Random random(71);
  std::vector<float> x = {0.0f, -0.0f, 0x1p-126f, -0x1p-127f, 0x1.fep-127f, 0x1.01p0f, 0x1.03p0f, 0x1.fffp127f,
                          std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()};
  while (x.size() % 16 != 0 || x.size() < 20000) {
    x.push_back(__builtin_bit_cast(float, static_cast<std::uint32_t>(random.next() >> 32)));
  }
  for (const AttentionKernels* k : kernels_for(HR_KV_BF16)) {
    std::vector<std::uint16_t> page(2 * 16 * 16);
    for (std::size_t i = 0; i < x.size(); i += 16) {
      k->write(page.data(), 3, x.data() + i, x.data() + i, 16);
      for (int d = 0; d < 16; ++d) {
        const unsigned law = to_pair_half(x[i + static_cast<std::size_t>(d)]);
        if (!CHECK_EQ(unsigned{page[static_cast<std::size_t>(key_index(HR_KV_BF16, d, 3))]}, law)) return;
        if (!CHECK_EQ(unsigned{page[static_cast<std::size_t>(value_index(HR_KV_BF16, 3, d, 16))]}, law)) return;
      }
    }
  }
}

}  // namespace headrace::test
