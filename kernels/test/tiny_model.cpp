#include "test/tiny_model.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "cpu/half/half.h"
#include "cpu/peaks/reference.h"
#include "test/check.h"

namespace headrace::test {
namespace {

std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }

void put_half(std::vector<std::uint8_t>& bytes, float x) {
  const std::uint16_t h = float_to_half(x);
  bytes.push_back(static_cast<std::uint8_t>(h & 0xFF));
  bytes.push_back(static_cast<std::uint8_t>(h >> 8));
}

// Random weights in the file's form, of a size that keeps activations near 1.
std::vector<std::uint8_t> random_weights(std::int32_t format, int rows, int columns, Random& random) {
  std::vector<std::uint8_t> bytes;
  const float size = 1.0f / std::sqrt(static_cast<float>(columns));
  if (format == HR_F32) {
    for (int i = 0; i < rows * columns; ++i) {
      const float x = random.real(1.7f * size);
      const std::uint8_t* p = reinterpret_cast<const std::uint8_t*>(&x);
      bytes.insert(bytes.end(), p, p + 4);
    }
    return bytes;
  }
  const bool wide = format == HR_Q8_0;
  for (int i = 0; i < rows * columns / 32; ++i) {
    const float scale = size * (wide ? 0.012f : 0.2f) * (1.0f + 0.5f * random.real());
    put_half(bytes, scale);
    if (!wide) put_half(bytes, -7.5f * scale);
    for (int k = 0; k < (wide ? 32 : 16); ++k) {
      const int q = wide ? random.below(255) - 127 : static_cast<int>(random.next() & 0xFF);
      bytes.push_back(static_cast<std::uint8_t>(q));
    }
  }
  return bytes;
}

TinyWeights::Packed random_matrix(std::int32_t format, int rows, int columns, Random& random) {
  const std::vector<std::uint8_t> source = random_weights(format, rows, columns, random);
  TinyWeights::Packed packed;
  const std::int64_t bytes = hr_matrix_bytes(format, rows, columns);
  CHECK(bytes > 0);
  packed.memory = std::shared_ptr<void>(std::aligned_alloc(64, count((bytes + 63) / 64 * 64)), &std::free);
  hr_team* team = nullptr;
  CHECK_EQ(hr_team_open(1, HR_TIER_SCALAR, 0, &team), HR_OK);
  CHECK_EQ(hr_matrix_pack(team, format, rows, columns, source.data(), packed.memory.get()), HR_OK);
  hr_team_close(team);
  packed.matrix = {format, 0, rows, columns, packed.memory.get()};
  return packed;
}

std::vector<float> random_norm(int n, Random& random) {
  std::vector<float> w(count(n));
  for (float& x : w) x = 1.0f + random.real(0.3f);
  return w;
}

std::vector<float> random_bias(int n, Random& random) {
  std::vector<float> w(count(n));
  for (float& x : w) x = random.real(0.4f);
  return w;
}

}  // namespace

TinyWeights::TinyWeights(const TinyShape& s, std::uint64_t seed) : shape(s) {
  Random random(seed);
  embedding = random_matrix(s.head_format, s.vocabulary, s.dim, random);
  head = random_matrix(s.head_format, s.vocabulary, s.dim, random);
  final_norm = random_norm(s.dim, random);
  for (int i = 0; i < s.layers; ++i) {
    Layer l;
    l.q = random_matrix(s.format, s.heads * s.head_dim, s.dim, random);
    l.k = random_matrix(s.format, s.kv_heads * s.head_dim, s.dim, random);
    l.v = random_matrix(s.format, s.kv_heads * s.head_dim, s.dim, random);
    l.o = random_matrix(s.format, s.dim, s.heads * s.head_dim, random);
    l.gate = random_matrix(s.format, s.ffn, s.dim, random);
    l.up = random_matrix(s.format, s.ffn, s.dim, random);
    l.down = random_matrix(s.format, s.dim, s.ffn, random);
    l.attention_norm = random_norm(s.dim, random);
    l.ffn_norm = random_norm(s.dim, random);
    if (s.head_norms) {
      l.q_norm = random_norm(s.head_dim, random);
      l.k_norm = random_norm(s.head_dim, random);
    }
    if (s.biases) {
      l.q_bias = random_bias(s.heads * s.head_dim, random);
      l.k_bias = random_bias(s.kv_heads * s.head_dim, random);
      l.v_bias = random_bias(s.kv_heads * s.head_dim, random);
    }
    layers.push_back(std::move(l));
  }
  for (int p = 0; p < s.positions; ++p) {
    for (int i = 0; i < s.head_dim / 2; ++i) {
      const double angle = p * std::pow(10000.0, -2.0 * i / s.head_dim);
      cos.push_back(static_cast<float>(std::cos(angle)));
      sin.push_back(static_cast<float>(std::sin(angle)));
    }
  }
}

hr_shape TinyModel::c_shape(const TinyWeights& w) {
  const TinyShape& s = w.shape;
  return {s.max_rows,   s.max_rows,  s.max_sequences, s.layers,    s.heads,
          s.kv_heads,   s.head_dim,  s.rope_kind,     s.positions, 1.0f / std::sqrt(static_cast<float>(s.head_dim)),
          w.cos.data(), w.sin.data(), s.kv_format,    0};
}

std::vector<hr_buffer> TinyModel::buffers(const TinyShape& s) {
  const std::int32_t in = s.quantised() ? s.activations : HR_BUFFER_F32;
  const std::int32_t head_in = s.head_format != HR_F32 ? s.activations : HR_BUFFER_F32;
  std::vector<hr_buffer> b(kBuffers);
  b[kX] = {HR_BUFFER_F32, 0, s.dim};
  b[kNormed] = {in, 0, s.dim};
  b[kProjected] = {HR_BUFFER_F32, 0, s.projected()};
  b[kAttended] = {HR_BUFFER_F32, 0, s.heads * s.head_dim};
  b[kAttendedIn] = {in, 0, s.heads * s.head_dim};
  b[kGated] = {in, 0, s.ffn};
  b[kWanted] = {HR_BUFFER_F32, 0, s.dim};
  b[kWantedIn] = {head_in, 0, s.dim};
  b[kLogits] = {HR_BUFFER_F32, 0, s.vocabulary};
  b[kPeaks] = {HR_BUFFER_F32, 0, (s.vocabulary + HR_SPAN - 1) / HR_SPAN};
  b[kLargest] = {HR_BUFFER_F32, 0, 1};
  return b;
}

std::vector<hr_op> TinyModel::operations(const TinyWeights& w) {
  const TinyShape& s = w.shape;
  std::vector<hr_op> ops;
  const auto op = [&](std::int32_t kind, int source, int target) -> hr_op& {
    hr_op o{};
    o.kind = kind;
    o.source = source;
    o.target = target;
    o.scalar = 1e-5f;
    ops.push_back(o);
    return ops.back();
  };
  const auto vector = [](const std::vector<float>& v) { return v.empty() ? nullptr : v.data(); };
  const auto matmul = [&](int source, int target, const TinyWeights::Packed& m, int offset,
                          const std::vector<float>& bias) {
    hr_op& o = op(HR_MATMUL, source, target);
    o.matrix = m.matrix;
    o.offset = offset;
    o.vector = vector(bias);
  };
  op(HR_EMBED, -1, kX).matrix = w.embedding.matrix;
  for (int i = 0; i < s.layers; ++i) {
    const TinyWeights::Layer& l = w.layers[count(i)];
    op(HR_NORM, kX, kNormed).vector = l.attention_norm.data();
    matmul(kNormed, kProjected, l.q, 0, l.q_bias);
    matmul(kNormed, kProjected, l.k, s.heads * s.head_dim, l.k_bias);
    matmul(kNormed, kProjected, l.v, (s.heads + s.kv_heads) * s.head_dim, l.v_bias);
    hr_op& rope = op(HR_ROPE, kProjected, -1);
    rope.layer = i;
    rope.vector = vector(l.q_norm);
    rope.second_vector = vector(l.k_norm);
    op(HR_ATTEND, kProjected, kAttended).layer = i;
    op(HR_CONVERT, kAttended, kAttendedIn);
    matmul(kAttendedIn, kX, l.o, 0, {});
    ops.back().flags = HR_ACCUMULATE;
    op(HR_NORM, kX, kNormed).vector = l.ffn_norm.data();
    hr_op& gated = op(HR_GATED, kNormed, kGated);
    gated.matrix = l.gate.matrix;
    gated.second = l.up.matrix;
    matmul(kGated, kX, l.down, 0, {});
    ops.back().flags = HR_ACCUMULATE;
  }
  op(HR_GATHER, kX, kWanted);
  hr_op& norm = op(HR_NORM, kWanted, kWantedIn);
  norm.vector = w.final_norm.data();
  norm.flags = HR_WANTED;
  matmul(kWantedIn, kLogits, w.head, 0, {});
  ops.back().flags = HR_WANTED;
  op(HR_PEAKS, kLogits, kPeaks).flags = HR_WANTED;
  op(HR_ARGMAX, kPeaks, kLargest).flags = HR_WANTED;
  return ops;
}

TinyModel::TinyModel(const TinyWeights& weights, int threads, std::int32_t tier, int spins)
    : weights_(weights), ops_(operations(weights)) {
  const TinyShape& s = weights.shape;
  CHECK_EQ(hr_team_open(threads, tier, spins, &team_), HR_OK);
  pages_bytes_ = hr_pages_bytes(s.layers, s.blocks, s.kv_heads, s.head_dim);
  pages_ = hr_memory_map(pages_bytes_);
  CHECK(pages_ != nullptr);
  const hr_shape shape = c_shape(weights);
  const std::vector<hr_buffer> buffer = buffers(s);
  std::int32_t bad = -1;
  CHECK_EQ(
      hr_program_open(team_, &shape, kBuffers, buffer.data(), ops(), ops_.data(), pages_, s.blocks, &program_, &bad),
      HR_OK);
  CHECK_EQ(bad, -1);
  for (int i = 0; i < s.blocks; ++i) free_.push_back(i);
  for (int i = s.blocks - 1; i > 0; --i) std::swap(free_[count(i)], free_[count(random_.below(i + 1))]);
}

TinyModel::~TinyModel() {
  hr_program_close(program_);
  hr_memory_unmap(pages_, pages_bytes_);
  hr_team_close(team_);
}

Sequence TinyModel::sequence(int slots) {
  Sequence s;
  for (int i = 0; i < (slots + 15) / 16; ++i) {
    if (!CHECK(!free_.empty())) break;
    s.table.push_back(free_.back());
    free_.pop_back();
  }
  return s;
}

void TinyModel::release(const Sequence& sequence) {
  free_.insert(free_.begin(), sequence.table.begin(), sequence.table.end());
}

hr_status TinyModel::call(const hr_batch& batch, int first_op, int end_op) {
  if (changing_) {
    hr_team_counts counts;
    hr_team_read_counts(team_, &counts);
    hr_team_set_width(team_, widths_.below(counts.threads + 1));
  }
  if (!late_) return hr_pass(program_, &batch, first_op, end_op);
  const hr_status begun = hr_pass_begin(program_, &batch, first_op, end_op);
  if (begun != HR_OK) return begun;
  usleep(static_cast<useconds_t>(delays_.below(500)));
  return hr_pass_end(program_);
}

Logits TinyModel::pass(const std::vector<Rows>& rows, bool only_last, int split) {
  std::vector<std::int32_t> token, position, slot, parent, first_row = {0}, committed, table, wanted;
  std::size_t stride = 0;
  for (const Rows& r : rows) stride = std::max(stride, r.sequence->table.size());
  for (const Rows& r : rows) {
    const std::int32_t first = static_cast<std::int32_t>(token.size());
    for (std::size_t i = 0; i < r.tokens.size(); ++i) {
      const std::int32_t index = static_cast<std::int32_t>(i);
      const std::int32_t up = r.parent.empty() ? index - 1 : r.parent[i];
      token.push_back(r.tokens[i]);
      slot.push_back(r.sequence->committed + index);
      parent.push_back(up < 0 ? -1 : first + up);
      position.push_back(up < 0 ? r.sequence->committed : position[count(first + up)] + 1);
      if (!only_last || i + 1 == r.tokens.size()) wanted.push_back(first + index);
    }
    first_row.push_back(static_cast<std::int32_t>(token.size()));
    committed.push_back(r.sequence->committed);
    table.insert(table.end(), r.sequence->table.begin(), r.sequence->table.end());
    table.resize(committed.size() * stride, 0);
  }
  const hr_batch batch{static_cast<std::int32_t>(token.size()),
                       static_cast<std::int32_t>(rows.size()),
                       static_cast<std::int32_t>(wanted.size()),
                       static_cast<std::int32_t>(stride),
                       token.data(),
                       position.data(),
                       slot.data(),
                       parent.data(),
                       first_row.data(),
                       committed.data(),
                       table.data(),
                       wanted.data()};
  if (split > 0) CHECK_EQ(call(batch, 0, split), HR_OK);
  if (!CHECK_EQ(call(batch, split, ops()), HR_OK)) return {};
  const float* out = hr_program_buffer(program_, kLogits);
  Logits logits;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const float* row = out + i * count(weights_.shape.vocabulary);
    logits.emplace_back(row, row + weights_.shape.vocabulary);
    const int vocabulary = weights_.shape.vocabulary;
    const int spans = (vocabulary + HR_SPAN - 1) / HR_SPAN;
    const float* peak = hr_program_buffer(program_, kPeaks) + i * count(spans);
    for (int s = 0; s < spans; ++s) {
      CHECK_BITS(peak[s], reference::peak(row + s * HR_SPAN, std::min(HR_SPAN, vocabulary - s * HR_SPAN)));
    }
    CHECK_BITS(hr_program_buffer(program_, kLargest)[i], reference::argmax(peak, spans));
  }
  for (const Rows& r : rows) {
    if (r.parent.empty()) r.sequence->committed += static_cast<int>(r.tokens.size());
  }
  return logits;
}

Logits TinyModel::feed(Sequence& sequence, const std::vector<std::int32_t>& tokens, int piece) {
  Logits all;
  for (std::size_t i = 0; i < tokens.size(); i += count(piece)) {
    const std::size_t end = std::min(tokens.size(), i + count(piece));
    const Logits part =
        pass({{&sequence,
               {tokens.begin() + static_cast<std::ptrdiff_t>(i), tokens.begin() + static_cast<std::ptrdiff_t>(end)}}});
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

void TinyModel::commit(Sequence& sequence, const std::vector<std::int32_t>& path) {
  std::vector<std::int32_t> from, to;
  for (const std::int32_t row : path) {
    from.push_back(sequence.committed + row);
    to.push_back(sequence.committed + static_cast<std::int32_t>(to.size()));
  }
  const TinyShape& s = weights_.shape;
  CHECK_EQ(hr_pages_move(pages_, s.layers, s.blocks, s.kv_heads, s.head_dim, s.kv_format, sequence.table.data(),
                         static_cast<std::int32_t>(path.size()), from.data(), to.data()),
           HR_OK);
  sequence.committed += static_cast<int>(path.size());
}

std::vector<std::int32_t> random_tokens(int n, int vocabulary, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::int32_t> tokens;
  for (int i = 0; i < n; ++i) tokens.push_back(random.below(vocabulary));
  return tokens;
}

bool same_logits(const Logits& a, const Logits& b) {
  if (!CHECK_EQ(a.size(), b.size())) return false;
  for (std::size_t r = 0; r < a.size(); ++r) {
    if (!CHECK_EQ(a[r].size(), b[r].size())) return false;
    for (std::size_t i = 0; i < a[r].size(); ++i) {
      if (!CHECK_BITS(a[r][i], b[r][i])) return CHECK_EQ(r, a.size()) && false;  // names the row
    }
  }
  return true;
}

}  // namespace headrace::test
