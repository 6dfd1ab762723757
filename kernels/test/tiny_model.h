// A small decoder with random weights, built through the C border as Java builds one, and the same decoder as plain
// loops of the law.
#pragma once
#include <memory>
#include <vector>

#include "headrace/kernels.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {

// A test that runs once for each format of pages, which its body knows as `kv`.
#define TEST_FOR_EACH_KV_FORMAT(name)                                                                \
  static void HEADRACE_JOIN(body_, name)(std::int32_t kv);                                           \
  TEST(HEADRACE_JOIN(name, _with_f16_pages)) { HEADRACE_JOIN(body_, name)(HR_KV_F16); }              \
  TEST(HEADRACE_JOIN(name, _with_bf16_pages)) { HEADRACE_JOIN(body_, name)(HR_KV_BF16); }            \
  static void HEADRACE_JOIN(body_, name)(std::int32_t kv)

struct TinyShape {
  std::int32_t format = HR_Q4_1;  // of all matrices but the head
  std::int32_t head_format = HR_Q8_0;
  std::int32_t activations = HR_BUFFER_Q8;  // into products of quantised weights
  int dim = 96;
  int heads = 6;
  int kv_heads = 2;
  int head_dim = 32;
  int ffn = 160;
  int vocabulary = 90;
  int layers = 2;
  int rope_kind = HR_ROPE_HALVES;
  bool biases = false;
  bool head_norms = false;
  std::int32_t kv_format = HR_KV_F16;
  int max_rows = 320;
  int positions = 700;
  int max_sequences = 8;
  int blocks = 200;

  int projected() const { return (heads + 2 * kv_heads) * head_dim; }
  bool quantised() const { return format != HR_F32; }
};

// Packed weights and vectors, shared by every program that is opened over them.
struct TinyWeights {
  struct Packed {
    hr_matrix matrix{};
    std::shared_ptr<void> memory;
  };
  struct Layer {
    Packed q, k, v, o, gate, up, down;
    std::vector<float> attention_norm, ffn_norm, q_norm, k_norm, q_bias, k_bias, v_bias;
  };

  TinyShape shape;
  Packed embedding, head;
  std::vector<float> final_norm, cos, sin;
  std::vector<Layer> layers;

  TinyWeights(const TinyShape& the_shape, std::uint64_t seed);
};

// Tokens and pages of one sequence.
struct Sequence {
  std::vector<std::int32_t> table;
  int committed = 0;
};

// Rows that one sequence has in a batch. parent: index into tokens, or empty for a plain chain.
struct Rows {
  Sequence* sequence;
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> parent = {};
};

using Logits = std::vector<std::vector<float>>;  // [row][vocabulary]

class TinyModel {
 public:
  enum Buffer { kX, kNormed, kProjected, kAttended, kAttendedIn, kGated, kWanted, kWantedIn, kLogits, kPeaks, kLargest, kBuffers };

  TinyModel(const TinyWeights& weights, int threads, std::int32_t tier, int spins = 50);
  ~TinyModel();
  TinyModel(const TinyModel&) = delete;

  // Pages in a random order, enough for `slots` slots.
  Sequence sequence(int slots);
  void release(const Sequence& sequence);

  // One pass; all rows are wanted unless only_last. Chains are committed. Splits the pass at operation `split` when it
  // is not 0.
  Logits pass(const std::vector<Rows>& rows, bool only_last = false, int split = 0);

  // From now on each call of hr_pass, the two of a split pass too, has a width of its own: 0 to the team's threads.
  void change_widths(std::uint64_t seed) {
    widths_ = Random(seed);
    changing_ = true;
  }

  // From now on the caller begins a pass and comes to it up to half a millisecond later.
  void come_late(std::uint64_t seed) {
    delays_ = Random(seed);
    late_ = true;
  }

  // All of `tokens`, in pieces of at most `piece` rows: every row's logits.
  Logits feed(Sequence& sequence, const std::vector<std::int32_t>& tokens, int piece);

  // Commits tree rows `path` (indices into the rows of the last pass, root first).
  void commit(Sequence& sequence, const std::vector<std::int32_t>& path);

  hr_program* program() { return program_; }
  hr_team* team() { return team_; }
  int ops() const { return static_cast<int>(ops_.size()); }
  std::uint16_t* pages() { return static_cast<std::uint16_t*>(pages_); }
  std::int64_t pages_bytes() const { return pages_bytes_; }

  static std::vector<hr_buffer> buffers(const TinyShape& shape);
  static std::vector<hr_op> operations(const TinyWeights& weights);
  static hr_shape c_shape(const TinyWeights& weights);

 private:
  hr_status call(const hr_batch& batch, int first_op, int end_op);

  const TinyWeights& weights_;
  hr_team* team_ = nullptr;
  hr_program* program_ = nullptr;
  void* pages_ = nullptr;
  std::int64_t pages_bytes_ = 0;
  std::vector<hr_op> ops_;
  std::vector<std::int32_t> free_;
  Random random_{5};
  Random widths_{0};
  bool changing_ = false;
  Random delays_{0};
  bool late_ = false;
};

// Logits of every token of one sequence, one token after the other, by plain loops and single-row scalar products.
Logits plain_logits(const TinyWeights& weights, const std::vector<std::int32_t>& tokens);

std::vector<std::int32_t> random_tokens(int n, int vocabulary, std::uint64_t seed);

// Bits of all rows equal; reports the first that are not.
bool same_logits(const Logits& a, const Logits& b);

}  // namespace headrace::test
