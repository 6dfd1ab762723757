// The C border refuses what it cannot do, says where, and writes nothing then.
#include <climits>
#include <cstring>
#include <functional>

#include "test/check.h"
#include "test/tiny_model.h"

namespace headrace::test {
namespace {

const TinyWeights& weights() {
  static const TinyWeights w(TinyShape{}, 51);
  return w;
}

// What hr_program_open is given, to be spoilt in one place.
struct Draft {
  hr_team* team = nullptr;
  hr_shape shape = TinyModel::c_shape(weights());
  std::vector<hr_buffer> buffers = TinyModel::buffers(weights().shape);
  std::vector<hr_op> ops = TinyModel::operations(weights());
  void* pages = nullptr;
  std::int32_t blocks = weights().shape.blocks;
  std::int32_t bad = -7;

  Draft() {
    hr_team_open(1, HR_TIER_SCALAR, 0, &team);
    pages = hr_memory_map(hr_pages_bytes(shape.layers, blocks, shape.kv_heads, shape.head_dim));
  }
  ~Draft() {
    hr_memory_unmap(pages, hr_pages_bytes(weights().shape.layers, weights().shape.blocks, weights().shape.kv_heads,
                                          weights().shape.head_dim));
    hr_team_close(team);
  }
  hr_status open() {
    hr_program* program = nullptr;
    const hr_status status =
        hr_program_open(team, &shape, static_cast<std::int32_t>(buffers.size()), buffers.data(),
                        static_cast<std::int32_t>(ops.size()), ops.data(), pages, blocks, &program, &bad);
    CHECK_EQ(program != nullptr, status == HR_OK);
    hr_program_close(program);
    return status;
  }
  // The first operation of a kind.
  std::int32_t find(std::int32_t kind) const {
    for (std::size_t i = 0; i < ops.size(); ++i) {
      if (ops[i].kind == kind) return static_cast<std::int32_t>(i);
    }
    return -1;
  }
};

}  // namespace

TEST(each_kind_of_malformed_operation_is_refused_by_its_index) {
  struct Fault {
    std::int32_t kind;
    std::function<void(hr_op&)> spoil;
  };
  static float vector[4096] = {};
  const std::vector<Fault> faults = {
      {HR_EMBED, [](hr_op& o) { o.target = -1; }},
      {HR_EMBED, [](hr_op& o) { o.target = TinyModel::kBuffers; }},
      {HR_EMBED, [](hr_op& o) { o.target = TinyModel::kNormed; }},
      {HR_EMBED, [](hr_op& o) { o.target = TinyModel::kProjected; }},
      {HR_EMBED, [](hr_op& o) { o.matrix.packed = nullptr; }},
      {HR_EMBED, [](hr_op& o) { o.flags = HR_WANTED; }},
      {HR_NORM, [](hr_op& o) { o.vector = nullptr; }},
      {HR_NORM, [](hr_op& o) { o.source = TinyModel::kNormed; }},
      {HR_NORM, [](hr_op& o) { o.source = TinyModel::kProjected; }},
      {HR_NORM, [](hr_op& o) { o.flags = HR_ACCUMULATE; }},
      {HR_NORM, [](hr_op& o) { o.flags = 4; }},
      {HR_CONVERT, [](hr_op& o) { o.target = TinyModel::kGated; }},
      {HR_CONVERT, [](hr_op& o) { o.source = -1; }},
      {HR_MATMUL, [](hr_op& o) { o.source = TinyModel::kX; }},
      {HR_MATMUL, [](hr_op& o) { o.source = TinyModel::kAttendedIn; }},
      {HR_MATMUL, [](hr_op& o) { o.target = TinyModel::kNormed; }},
      {HR_MATMUL, [](hr_op& o) { o.offset = -1; }},
      {HR_MATMUL, [](hr_op& o) { o.offset = 129; }},
      {HR_MATMUL, [](hr_op& o) { o.offset = INT_MAX; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.format = 5; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.rows = 0; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.rows = -3; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.rows = INT64_MAX; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.columns = 64; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.columns = 100; }},
      {HR_MATMUL, [](hr_op& o) { o.matrix.packed = static_cast<const char*>(o.matrix.packed) + 4; }},
      {HR_MATMUL, [](hr_op& o) { o.flags = HR_WANTED; }},  // its source holds the rows of the batch
      {HR_GATED, [](hr_op& o) { o.second.packed = nullptr; }},
      {HR_GATED, [](hr_op& o) { o.second.rows -= 16; }},
      {HR_GATED, [](hr_op& o) { o.target = TinyModel::kX; }},
      {HR_GATED, [](hr_op& o) { o.second.format = HR_Q8_0; }},
      {HR_ROPE, [](hr_op& o) { o.layer = 2; }},
      {HR_ROPE, [](hr_op& o) { o.layer = -1; }},
      {HR_ROPE, [](hr_op& o) { o.source = TinyModel::kX; }},
      {HR_ROPE, [](hr_op& o) { o.flags = HR_WANTED; }},
      {HR_ATTEND, [](hr_op& o) { o.layer = 2; }},
      {HR_ATTEND, [](hr_op& o) { o.target = TinyModel::kX; }},
      {HR_ATTEND, [](hr_op& o) { o.target = TinyModel::kAttendedIn; }},
      {HR_ATTEND, [](hr_op& o) { o.source = TinyModel::kAttended; }},
      {HR_PEAKS, [](hr_op& o) { o.target = o.source; }},
      {HR_PEAKS, [](hr_op& o) { o.target = TinyModel::kX; }},
      {HR_PEAKS, [](hr_op& o) { o.source = TinyModel::kWantedIn; }},
      {HR_PEAKS, [](hr_op& o) { o.flags = HR_WANTED | HR_ACCUMULATE; }},
      {HR_ARGMAX, [](hr_op& o) { o.target = o.source; }},
      {HR_ARGMAX, [](hr_op& o) { o.target = TinyModel::kX; }},
      {HR_ARGMAX, [](hr_op& o) { o.source = TinyModel::kWantedIn; }},
      {HR_ARGMAX, [](hr_op& o) { o.flags = HR_WANTED | HR_ACCUMULATE; }},
      {HR_GATHER, [](hr_op& o) { o.target = o.source; }},
      {HR_GATHER, [](hr_op& o) { o.target = TinyModel::kLogits; }},
      {HR_GATHER, [](hr_op& o) { o.kind = 0; }},
      {HR_GATHER, [](hr_op& o) { o.kind = 99; }},
      {HR_GATHER,
       [](hr_op& o) {
         o.kind = HR_COPY, o.target = o.source;
         o.vector = vector;
       }},
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Draft draft;
    const std::int32_t at = draft.find(faults[i].kind);
    faults[i].spoil(draft.ops[static_cast<std::size_t>(at)]);
    if (!CHECK_EQ(draft.open(), HR_BAD_PROGRAM) || !CHECK_EQ(draft.bad, at))
      note("fault " + std::to_string(i) + " was not seen");
  }
}

TEST(each_buffer_of_activations_may_have_planes_of_its_own) {
  Draft mixed;
  mixed.buffers[TinyModel::kGated].kind = HR_BUFFER_Q16;
  CHECK_EQ(mixed.open(), HR_OK);
  Draft wrong;
  wrong.buffers[TinyModel::kX].kind = HR_BUFFER_Q16;
  CHECK_EQ(wrong.open(), HR_BAD_PROGRAM);
  CHECK_EQ(wrong.bad, 0);
}

TEST(operations_find_room_for_their_rows) {
  Draft small;
  small.buffers[TinyModel::kX].rows = small.shape.max_rows - 1;
  CHECK_EQ(small.open(), HR_BAD_PROGRAM);
  CHECK_EQ(small.bad, 0);
  Draft wanted;
  wanted.buffers[TinyModel::kLogits].rows = wanted.shape.max_wanted - 1;
  CHECK_EQ(wanted.open(), HR_BAD_PROGRAM);
  CHECK_EQ(wanted.bad, static_cast<std::int32_t>(wanted.ops.size()) - 3);  // before the peaks
  Draft unwritten;
  unwritten.ops.erase(unwritten.ops.begin() + 1);  // the norm that fills the products' source
  CHECK_EQ(unwritten.open(), HR_BAD_PROGRAM);
  CHECK_EQ(unwritten.bad, 1);
  Draft no_pages;
  void* pages = no_pages.pages;
  no_pages.pages = nullptr;
  CHECK_EQ(no_pages.open(), HR_BAD_PROGRAM);
  CHECK_EQ(no_pages.bad, no_pages.find(HR_ROPE));
  no_pages.pages = pages;
  CHECK_EQ(no_pages.open(), HR_OK);
  CHECK_EQ(no_pages.bad, -1);
}

TEST(malformed_shapes_and_buffers_are_refused) {
  const std::vector<std::function<void(Draft&)>> faults = {
      [](Draft& d) { d.shape.max_rows = 0; },
      [](Draft& d) { d.shape.max_wanted = -1; },
      [](Draft& d) { d.shape.max_sequences = 0; },
      [](Draft& d) { d.shape.layers = 0; },
      [](Draft& d) { d.shape.heads = 5; },
      [](Draft& d) { d.shape.heads = 34; },
      [](Draft& d) { d.shape.kv_heads = 0; },
      [](Draft& d) { d.shape.head_dim = 24; },
      [](Draft& d) { d.shape.head_dim = 272; },
      [](Draft& d) { d.shape.rope_kind = 2; },
      [](Draft& d) { d.shape.positions = 0; },
      [](Draft& d) { d.shape.cos = nullptr; },
      [](Draft& d) { d.shape.kv_format = 2; },
      [](Draft& d) { d.buffers[1].kind = 3; },
      [](Draft& d) { d.buffers[1] = {HR_BUFFER_Q16, 0, 80}; },
      [](Draft& d) { d.buffers[1].width = 100; },
      [](Draft& d) { d.buffers[0].width = 0; },
      [](Draft& d) { d.buffers[0].rows = -1; },
      [](Draft& d) { d.buffers[0].width = INT64_MAX / 4; },
      [](Draft& d) { d.blocks = 0; },
  };
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Draft draft;
    faults[i](draft);
    if (!CHECK_EQ(draft.open(), HR_BAD_SHAPE)) note("fault " + std::to_string(i) + " was not seen");
  }
  Draft draft;
  hr_program* program = nullptr;
  CHECK_EQ(hr_program_open(nullptr, &draft.shape, 9, draft.buffers.data(), 1, draft.ops.data(), nullptr, 0, &program,
                           nullptr),
           HR_NULL_POINTER);
  CHECK_EQ(hr_program_open(draft.team, &draft.shape, 9, draft.buffers.data(), 1, draft.ops.data(), nullptr, 0, nullptr,
                           nullptr),
           HR_NULL_POINTER);
}

TEST(each_kind_of_malformed_batch_is_refused_before_anything_is_written) {
  struct Batch {  // two sequences: a tree of 3 rows over 20 committed tokens, a chain of 2 rows over 16
    std::vector<std::int32_t> token = {1, 2, 3, 4, 5}, position = {20, 21, 21, 16, 17}, slot = {20, 21, 22, 16, 17};
    std::vector<std::int32_t> parent = {-1, 0, 0, -1, 3}, first_row = {0, 3, 5}, committed = {20, 16};
    std::vector<std::int32_t> table = {4, 9, 7, 3}, wanted = {0, 4};
    hr_batch c{};
    Batch() { c.rows = 5, c.sequences = 2, c.wanted = 2, c.table_stride = 2; }
    hr_status pass(TinyModel& model, int first = 0, int end = -1) {
      c.token = token.data(), c.position = position.data(), c.slot = slot.data(), c.parent = parent.data();
      c.first_row = first_row.data(), c.committed = committed.data(), c.table = table.data(),
      c.wanted_rows = wanted.data();
      return hr_pass(model.program(), &c, first, end < 0 ? model.ops() : end);
    }
  };
  const std::vector<std::function<void(Batch&)>> faults = {
      [](Batch& b) { b.c.rows = 0; },          [](Batch& b) { b.c.rows = 4; },
      [](Batch& b) { b.c.rows = 321; },        [](Batch& b) { b.c.sequences = 0; },
      [](Batch& b) { b.c.sequences = 9; },     [](Batch& b) { b.c.wanted = -1; },
      [](Batch& b) { b.c.wanted = 321; },      [](Batch& b) { b.c.table_stride = 1; },
      [](Batch& b) { b.c.table_stride = -1; }, [](Batch& b) { b.token[3] = 90; },
      [](Batch& b) { b.token[0] = -1; },       [](Batch& b) { b.position[1] = 700; },
      [](Batch& b) { b.position[1] = -1; },    [](Batch& b) { b.slot[1] = 22; },
      [](Batch& b) { b.slot[3] = 15; },        [](Batch& b) { b.parent[1] = 1; },
      [](Batch& b) { b.parent[1] = 2; },       [](Batch& b) { b.parent[4] = 2; },
      [](Batch& b) { b.parent[0] = -2; },      [](Batch& b) { b.first_row[0] = 1; },
      [](Batch& b) { b.first_row[1] = 0; },    [](Batch& b) { b.first_row[1] = 5; },
      [](Batch& b) { b.first_row[1] = 9; },    [](Batch& b) { b.first_row[2] = 4; },
      [](Batch& b) { b.committed[0] = -1; },   [](Batch& b) { b.committed[0] = 21; },
      [](Batch& b) { b.committed[1] = 700; },  [](Batch& b) { b.table[1] = 200; },
      [](Batch& b) { b.table[0] = -1; },       [](Batch& b) { b.table[3] = 9; },  // two writers
      [](Batch& b) { b.table[2] = 9; },                          // read by one, written by the other
      [](Batch& b) { b.table[0] = 9; },                          // a block twice in one table, written
      [](Batch& b) { b.wanted[1] = 0; },       [](Batch& b) { b.wanted[1] = 5; },
      [](Batch& b) { b.wanted[0] = -1; },
  };
  TinyModel model(weights(), 2, best_tier());
  float* logits = hr_program_buffer(model.program(), TinyModel::kLogits);
  float* x = hr_program_buffer(model.program(), TinyModel::kX);
  logits[0] = x[0] = 123.0f;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    Batch batch;
    faults[i](batch);
    if (!CHECK_EQ(batch.pass(model), HR_BAD_BATCH)) note("fault " + std::to_string(i) + " was not seen");
  }
  Batch good;
  CHECK_EQ(good.pass(model, -1, 2), HR_BAD_BATCH);
  CHECK_EQ(good.pass(model, 2, 1), HR_BAD_BATCH);
  CHECK_EQ(good.pass(model, 0, model.ops() + 1), HR_BAD_BATCH);
  hr_batch no_tokens = good.c;
  no_tokens.token = nullptr;
  CHECK_EQ(hr_pass(model.program(), &no_tokens, 0, 1), HR_NULL_POINTER);
  CHECK_EQ(hr_pass(nullptr, &good.c, 0, 1), HR_NULL_POINTER);
  CHECK_EQ(hr_pass(model.program(), nullptr, 0, 1), HR_NULL_POINTER);
  CHECK_EQ(hr_pass_end(nullptr), HR_NULL_POINTER);
  CHECK_EQ(hr_pass_end(model.program()), HR_BAD_BATCH);  // nothing was begun
  CHECK_BITS(logits[0], 123.0f);
  CHECK_BITS(x[0], 123.0f);
  for (std::int64_t i = 0; i < model.pages_bytes() / 2; ++i) {
    if (!CHECK_EQ(static_cast<int>(model.pages()[i]), 0)) return;
  }
  good.table[2] = 4;  // a full block that both only read may be shared
  CHECK_EQ(good.pass(model), HR_OK);
  CHECK(logits[0] != 123.0f);
  CHECK_EQ(hr_pass_begin(model.program(), &good.c, 0, model.ops()), HR_OK);
  CHECK_EQ(hr_pass_begin(model.program(), &good.c, 0, model.ops()), HR_BAD_BATCH);  // one is under way
  CHECK_EQ(hr_pass_end(model.program()), HR_OK);
  CHECK_EQ(hr_pass_end(model.program()), HR_BAD_BATCH);
  CHECK_EQ(hr_pass_begin(model.program(), &good.c, 3, 3), HR_OK);  // of no operations
  CHECK_EQ(hr_pass_end(model.program()), HR_OK);
  // 65 rows may be a chain, not a tree.
  for (const bool chain : {true, false}) {
    Batch wide;
    wide = Batch{};
    wide.c.rows = 65, wide.c.sequences = 1, wide.c.wanted = 0, wide.c.table_stride = 5;
    wide.token.assign(65, 1);
    wide.first_row = {0, 65};
    wide.committed = {0};
    wide.table = {1, 2, 3, 4, 5};
    wide.position.clear(), wide.slot.clear(), wide.parent.clear();
    for (int r = 0; r < 65; ++r) {
      wide.slot.push_back(r);
      wide.position.push_back(r);
      wide.parent.push_back(chain || r < 64 ? r - 1 : 0);
    }
    CHECK_EQ(wide.pass(model), chain ? HR_OK : HR_BAD_BATCH);
  }
  TinyModel closed(weights(), 2, best_tier());  // before the batch is gone, in the middle of a pass
  CHECK_EQ(hr_pass_begin(closed.program(), &good.c, 0, closed.ops()), HR_OK);
}

TEST(the_remaining_functions_check_what_they_are_given) {
  CHECK_EQ(hr_abi_version(), HR_ABI_VERSION);
  hr_team* team = nullptr;
  CHECK_EQ(hr_team_open(0, HR_TIER_SCALAR, 0, &team), HR_BAD_SHAPE);
  CHECK_EQ(hr_team_open(65, HR_TIER_SCALAR, 0, &team), HR_BAD_SHAPE);
  CHECK_EQ(hr_team_open(1, HR_TIER_SCALAR, -1, &team), HR_BAD_SHAPE);
  CHECK_EQ(hr_team_open(1, hr_best_tier() + 1, 0, &team), HR_BAD_TIER);
  CHECK_EQ(hr_team_open(1, -1, 0, &team), HR_BAD_TIER);
  CHECK_EQ(hr_team_open(1, 0, 0, nullptr), HR_NULL_POINTER);
  CHECK(team == nullptr);
  for (const std::int32_t tier : tiers()) {
    CHECK_EQ(hr_team_open(2, tier, 0, &team), HR_OK);
    void* memory = hr_memory_map(1 << 20);
    CHECK(memory != nullptr && reinterpret_cast<std::uintptr_t>(memory) % (2 << 20) == 0);
    CHECK_EQ(hr_team_set_width(nullptr, 1), HR_NULL_POINTER);
    CHECK_EQ(hr_team_set_width(team, -1), HR_BAD_SHAPE);
    CHECK_EQ(hr_team_set_width(team, 3), HR_BAD_SHAPE);
    CHECK_EQ(hr_team_set_width(team, 1), HR_OK);
    hr_team_counts counts{};
    CHECK_EQ(hr_team_read_counts(nullptr, &counts), HR_NULL_POINTER);
    CHECK_EQ(hr_team_read_counts(team, nullptr), HR_NULL_POINTER);
    CHECK_EQ(hr_team_read_counts(team, &counts), HR_OK);
    CHECK_EQ(counts.threads, 2);
    CHECK_EQ(counts.width, 1);
    CHECK_EQ(counts.passes, std::int64_t{0});
    CHECK_EQ(hr_team_read(team, memory, 1 << 20), HR_OK);
    CHECK_EQ(hr_team_read(team, memory, 4096), HR_BAD_SHAPE);
    CHECK_EQ(hr_team_read(team, nullptr, 8192), HR_NULL_POINTER);
    hr_memory_unmap(memory, 1 << 20);
    CHECK(hr_team_integer_peak(team, 2) >= 2 * 1024 * 16 * 2 * 2);
    hr_team_close(team);
  }
  hr_team_close(nullptr);
  CHECK(hr_memory_map(0) == nullptr);
  CHECK(hr_memory_map(-5) == nullptr);
  CHECK_EQ(hr_matrix_bytes(99, 16, 32), static_cast<std::int64_t>(-HR_BAD_FORMAT));
  CHECK_EQ(hr_matrix_bytes(HR_Q4_1, 16, 33), static_cast<std::int64_t>(-HR_BAD_SHAPE));
  CHECK_EQ(hr_matrix_bytes(HR_Q4_1, 0, 32), static_cast<std::int64_t>(-HR_BAD_SHAPE));
  CHECK_EQ(hr_matrix_bytes(HR_Q4_1, INT64_MAX, 32), static_cast<std::int64_t>(-HR_BAD_SHAPE));
  CHECK(hr_matrix_bytes(HR_Q4_1, 17, 32) >= 2 * 320);
  CHECK_EQ(hr_pages_bytes(2, 3, 4, 64), static_cast<std::int64_t>(2 * 3 * 4 * 4096));
  CHECK_EQ(hr_pages_bytes(2, 0, 4, 64), static_cast<std::int64_t>(-HR_BAD_SHAPE));
  CHECK_EQ(hr_pages_bytes(2, 3, 4, 60), static_cast<std::int64_t>(-HR_BAD_SHAPE));
  CHECK(hr_pages_bytes(1 << 16, INT_MAX, 1 << 12, 256) < 0);
  std::vector<std::uint16_t> pages(static_cast<std::size_t>(hr_pages_bytes(1, 2, 1, 16)) / 2);
  const std::int32_t table[] = {1, 5}, from[] = {3}, to[] = {4}, far[] = {17};
  CHECK_EQ(hr_pages_move(pages.data(), 1, 2, 1, 16, HR_KV_F16, table, 1, from, to), HR_BAD_BATCH);
  CHECK_EQ(hr_pages_move(pages.data(), 1, 2, 1, 16, HR_KV_F16, table, 1, far, to), HR_BAD_BATCH);
  CHECK_EQ(hr_pages_move(pages.data(), 1, 2, 1, 16, HR_KV_F16, table, 1, to, from), HR_OK);
  CHECK_EQ(hr_pages_move(pages.data(), 1, 2, 1, 16, 2, table, 1, to, from), HR_BAD_SHAPE);
  CHECK_EQ(hr_pages_move(nullptr, 1, 2, 1, 16, HR_KV_F16, table, 1, to, from), HR_NULL_POINTER);
  CHECK(hr_program_buffer(nullptr, 0) == nullptr);
}

}  // namespace headrace::test
