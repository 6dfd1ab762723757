// Times attention alone. Not a test: run it on a quiet machine.
//
//   attention_bench [chunk|pass ...] [--threads N] [--runs N] [--tier N] [--bf16] [--cpu]
//
// chunk: one call on this thread, 64 wide, by rows: in cache, and streamed over 47 MB of pages in random order.
// pass:  a program of nothing but 30 attention operations, 9 heads over 3 key/value heads of 64: chains of rows and
//        trees (each node hangs on one of the eight before it) on top of some depth.
// --cpu counts this thread's processor time instead of the clock: with one thread a figure that a busy machine disturbs
// less. One JSON line per result: median, 10th and 90th percentile.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "cpu/dispatch/pair_kernels.h"
#include "cpu/half/half.h"
#include "headrace/kernels.h"
#include "test/fills.h"

namespace {

using namespace headrace;
using headrace::test::Random;

bool processor_time = false;
std::int32_t kv_format = HR_KV_F16;

double now() {
  timespec t;
  clock_gettime(processor_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

constexpr int kLayers = 30, kHeads = 9, kKvHeads = 3, kHeadDim = 64, kGroup = kHeads / kKvHeads;
constexpr int kPositions = 4096, kMaxRows = 512, kBlocks = 400;
constexpr int kHalves = 32 * kHeadDim;  // of a page

void fill(std::uint16_t* pages, std::size_t halves) {
  Random random(3);
  for (std::size_t i = 0; i < halves; ++i) pages[i] = float_to_half(random.real());
}

template <class Run>
double median(int runs, Run&& run, double* low = nullptr, double* high = nullptr) {
  std::vector<double> t;
  run();
  for (int i = 0; i < runs; ++i) {
    const double start = now();
    run();
    t.push_back(now() - start);
  }
  std::sort(t.begin(), t.end());
  if (low != nullptr) *low = t[t.size() / 10];
  if (high != nullptr) *high = t[t.size() * 9 / 10];
  return t[t.size() / 2];
}

// Multiply-adds of floats in registers: what one core could do at most, in Gflop/s. 0 without AVX-512.
double float_peak(int tier) {
#if defined(__x86_64__)
  if (tier == HR_TIER_AVX512_VNNI) {
    constexpr long kRounds = 20000;
    __asm__ volatile("vpxorq %%zmm14, %%zmm14, %%zmm14\n\tvpxorq %%zmm15, %%zmm15, %%zmm15" : : : "xmm14", "xmm15");
    return 2.0 * 16 * 12 * kRounds * 1e-9 / median(9, [&] {
             for (long i = 0; i < kRounds; ++i) {
               __asm__ volatile(
                   "vfmadd231ps %%zmm14, %%zmm15, %%zmm0\n\tvfmadd231ps %%zmm14, %%zmm15, %%zmm1\n\t"
                   "vfmadd231ps %%zmm14, %%zmm15, %%zmm2\n\tvfmadd231ps %%zmm14, %%zmm15, %%zmm3\n\t"
                   "vfmadd231ps %%zmm14, %%zmm15, %%zmm4\n\tvfmadd231ps %%zmm14, %%zmm15, %%zmm5\n\t"
                   "vfmadd231ps %%zmm14, %%zmm15, %%zmm6\n\tvfmadd231ps %%zmm14, %%zmm15, %%zmm7\n\t"
                   "vfmadd231ps %%zmm14, %%zmm15, %%zmm8\n\tvfmadd231ps %%zmm14, %%zmm15, %%zmm9\n\t"
                   "vfmadd231ps %%zmm14, %%zmm15, %%zmm10\n\tvfmadd231ps %%zmm14, %%zmm15, %%zmm11"
                   :
                   :
                   : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11");
             }
           });
  }
#endif
  static_cast<void>(tier);
  return 0;
}

void chunks(int tier, const AttentionKernels& kernels, int runs) {
  constexpr int kChunks = 1440;
  std::uint16_t* pages = static_cast<std::uint16_t*>(hr_memory_map(std::int64_t{kChunks} * 8 * kHalves * 2));
  fill(pages, std::size_t{kChunks} * 8 * kHalves);
  std::vector<int> order(kChunks * 8);
  Random random(4);
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = static_cast<int>(i);
    std::swap(order[i], order[static_cast<std::size_t>(random.below(static_cast<int>(i) + 1))]);
  }
  std::vector<float> q = test::random_row(kBatchRows * kHeadDim, 5),
                     memory(kBatchRows * (kQueryStride + 256 + 64 + 2) + 2 * kChunkTokens * kHeadDim),
                     o(kBatchRows * kHeadDim), ml(2 * kBatchRows);
  const AttentionScratch scratch{memory.data(), memory.data() + kBatchRows * kQueryStride,
                                 memory.data() + kBatchRows * (kQueryStride + 256),
                                 memory.data() + kBatchRows * (kQueryStride + 320),
                                 memory.data() + kBatchRows * (kQueryStride + 322)};
  const auto chunk = [&](int c) {
    ChunkPages view;
    for (int b = 0; b < 8; ++b) {
      view.page[b] = pages + std::int64_t{order[static_cast<std::size_t>(c * 8 + b)]} * kHalves;
      view.next[b] = pages + std::int64_t{order[static_cast<std::size_t>((c + 1) % kChunks * 8 + b)]} * kHalves;
    }
    return view;
  };
  ChunkPages hot = chunk(0);
  std::copy(hot.page, hot.page + 8, hot.next);
  for (const int rows : {1, 2, 3, 4, 6, 9, 12, 18, 24, 48, 96}) {
    BatchRows batch{};
    batch.rows = rows;
    for (int r = 0; r < rows; ++r) {
      batch.q[r] = q.data() + r * kHeadDim;
      batch.visible[r] = 128;
    }
    const double cached = median(runs, [&] {
      for (int i = 0; i < 200; ++i) kernels.partials(hot, batch, kHeadDim, scratch, o.data(), ml.data());
    }) / 200;
    const double softmax = median(runs, [&] {
      for (int i = 0; i < 200; ++i) kernels.softmax(scratch.scores, 128, rows, ml.data());
    }) / 200;
    const double streamed = median(std::max(3, runs / 5), [&] {
      for (int c = 0; c < kChunks; ++c) kernels.partials(chunk(c), batch, kHeadDim, scratch, o.data(), ml.data());
    }) / kChunks;
    const double peak = float_peak(tier);
    std::printf(
        "{\"what\": \"chunk\", \"rows\": %d, \"us\": %.3f, \"gflops\": %.0f, \"peak\": %.0f, \"softmaxUs\": %.3f, "
        "\"streamedUs\": %.3f, \"GBs\": %.1f}\n",
        rows, 1e6 * cached, rows * 128 * 64 * 4 / cached * 1e-9, peak, 1e6 * softmax, 1e6 * streamed,
        8 * kHalves * 2 / streamed * 1e-9);
    std::fflush(stdout);
  }
  hr_memory_unmap(pages, std::int64_t{kChunks} * 8 * kHalves * 2);
}

void passes(int threads, int tier, int runs) {
  hr_team* team = nullptr;
  if (hr_team_open(threads, tier, 4000, &team) != HR_OK) std::exit(1);
  const std::vector<float> table(std::size_t{kPositions} * (kHeadDim / 2), 1.0f);
  const hr_shape shape{kMaxRows, 64,         1,      kLayers, kHeads, kKvHeads, kHeadDim, HR_ROPE_HALVES,
                       kPositions, 0.125f, table.data(), table.data(), kv_format, 0};
  const hr_buffer buffers[] = {{HR_BUFFER_F32, 0, (kHeads + 2 * kKvHeads) * kHeadDim},
                               {HR_BUFFER_F32, 0, kHeads * kHeadDim}};
  std::vector<hr_op> ops(kLayers);
  for (int i = 0; i < kLayers; ++i) {
    hr_op& o = ops[static_cast<std::size_t>(i)];
    o = hr_op{};
    o.kind = HR_ATTEND, o.source = 0, o.target = 1, o.layer = i;
  }
  const std::int64_t bytes = hr_pages_bytes(kLayers, kBlocks, kKvHeads, kHeadDim);
  void* pages = hr_memory_map(bytes);
  fill(static_cast<std::uint16_t*>(pages), static_cast<std::size_t>(bytes / 2));
  hr_program* program = nullptr;
  if (hr_program_open(team, &shape, 2, buffers, kLayers, ops.data(), pages, kBlocks, &program, nullptr) != HR_OK)
    std::exit(1);
  const std::vector<float> q = test::random_row(kMaxRows * static_cast<std::size_t>(buffers[0].width), 6);
  std::copy(q.begin(), q.end(), hr_program_buffer(program, 0));
  Random random(7);
  std::vector<std::int32_t> blocks(kBlocks);
  for (int i = 0; i < kBlocks; ++i) {
    blocks[static_cast<std::size_t>(i)] = i;
    std::swap(blocks[static_cast<std::size_t>(i)], blocks[static_cast<std::size_t>(random.below(i + 1))]);
  }
  const auto run = [&](int rows, int depth, bool tree) {
    std::vector<std::int32_t> token(static_cast<std::size_t>(rows)), position, slot, parent;
    Random hang(8);
    for (int i = 0; i < rows; ++i) {
      const int above = tree ? std::max(-1, i - 1 - hang.below(8)) : i - 1;
      parent.push_back(above);
      slot.push_back(depth + i);
      position.push_back(above < 0 ? depth : position[static_cast<std::size_t>(above)] + 1);
    }
    const std::int32_t first[] = {0, rows};
    const hr_batch batch{rows,        1,     0,     kBlocks,       token.data(), position.data(), slot.data(),
                         parent.data(), first, &depth, blocks.data(), nullptr};
    double low = 0, high = 0;
    const double t = median(runs, [&] { hr_pass(program, &batch, 0, kLayers); }, &low, &high);
    std::printf("{\"what\": \"%s\", \"rows\": %d, \"depth\": %d, \"ms\": %.3f, \"p10\": %.3f, \"p90\": %.3f}\n",
                tree ? "tree" : "chain", rows, depth, 1e3 * t, 1e3 * low, 1e3 * high);
    std::fflush(stdout);
  };
  for (const int depth : {0, 512, 2048}) {
    for (const int rows : {1, 2, 4, 8, 16, 64}) run(rows, depth, false);
    for (const int rows : {8, 16, 64}) run(rows, depth, true);
  }
  run(512, 0, false);
  run(512, 1536, false);
  hr_program_close(program);
  hr_team_close(team);
}

}  // namespace

int main(int argc, char** argv) {
  int threads = 2, runs = 15, tier = hr_best_tier();
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (i + 1 < argc && a == "--threads")
      threads = std::atoi(argv[++i]);
    else if (i + 1 < argc && a == "--runs")
      runs = std::atoi(argv[++i]);
    else if (i + 1 < argc && a == "--tier")
      tier = std::atoi(argv[++i]);
    else if (a == "--bf16")
      kv_format = HR_KV_BF16;
    else if (a == "--cpu")
      processor_time = true;
    else
      wanted.push_back(a);
  }
  const auto chosen = [&](const char* what) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), what) != wanted.end();
  };
  if (chosen("chunk")) chunks(tier, attention_kernels(tier, kv_format), runs);
  if (chosen("pass")) passes(threads, tier, runs);
  return 0;
}
