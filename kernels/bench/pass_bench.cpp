// Times whole passes of a decoder on random weights, beside what the machine can do in the same run. Not a test: run it
// on a quiet machine.
//
//   headrace_bench [decode|prefill|rows|batch|profile|foreign|...] [--threads N] [--runs N] [--tier N] [--cpu] [--int16]
//
// foreign, foreign-batch (8 sequences), foreign-prefill (512 rows): beside a process that burns one core, a table of
// --runs rounds of --tokens N (800) tokens.
//
// --cpu counts this thread's processor time instead of the clock: with --threads 1 a figure that a busy machine
// disturbs less. --int16 takes activations of two planes.
//
// Shape: 30 layers, 576 wide, 9 heads, 3 key/value heads of 64, 1536 inside, 49152 tokens, Q4_1 with a Q8_0 head: 96
// MB. Prints one JSON line per result: median, 10th and 90th percentile, the memory bandwidth of this run and the share
// of it that the weights of a decoded token take.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "bench/foreign.h"
#include "cpu/half/half.h"
#include "headrace/kernels.h"
#include "test/fills.h"

namespace {

using headrace::float_to_half;
using headrace::test::Random;

bool processor_time = false;

double now() {
  timespec t;
  clock_gettime(processor_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

[[noreturn]] void fail(const char* what, long status) {
  std::fprintf(stderr, "%s: status %ld\n", what, status);
  std::exit(1);
}

void check(const char* what, hr_status status) {
  if (status != HR_OK) fail(what, status);
}

constexpr int kLayers = 30, kDim = 576, kHeads = 9, kKvHeads = 3, kHeadDim = 64, kFfn = 1536, kVocabulary = 49152;
constexpr int kPositions = 4096, kMaxRows = 512, kMaxSequences = 64, kBlocks = 2048;

struct Stats {
  double median, p10, p90;
  explicit Stats(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    const auto at = [&](double q) { return x[static_cast<std::size_t>(q * static_cast<double>(x.size() - 1) + 0.5)]; };
    median = at(0.5), p10 = at(0.1), p90 = at(0.9);
  }
};

class Bench {
 public:
  Bench(int threads, int tier, std::int32_t quantised) : quantised_(quantised) {
    check("team", hr_team_open(threads, tier, 4000, &team_));
    threads_ = threads;
    arena_ = static_cast<char*>(hr_memory_map(kArena));
    if (arena_ == nullptr) fail("arena", HR_NO_MEMORY);
    build();
  }

  // Rows of several sequences: sequence s gets rows[s] rows on top of depth[s] tokens.
  double pass(const std::vector<int>& rows, const std::vector<int>& depth, bool all_wanted, int first = 0,
              int end = -1) {
    std::vector<std::int32_t> token, position, slot, parent, first_row = {0}, committed, table, wanted;
    const int stride = kPositions / 16;
    int block = 0;
    for (std::size_t s = 0; s < rows.size(); ++s) {
      for (int i = 0; i < rows[s]; ++i) {
        token.push_back((i * 977 + 31) % kVocabulary);
        position.push_back(depth[s] + i);
        slot.push_back(depth[s] + i);
        parent.push_back(i == 0 ? -1 : static_cast<std::int32_t>(token.size()) - 2);
        if (all_wanted || i + 1 == rows[s]) wanted.push_back(static_cast<std::int32_t>(token.size()) - 1);
      }
      first_row.push_back(static_cast<std::int32_t>(token.size()));
      committed.push_back(depth[s]);
      for (int i = 0; i < stride; ++i)
        table.push_back(i * 16 < depth[s] + rows[s] ? order_[static_cast<std::size_t>(block++)] : 0);
    }
    const hr_batch batch{static_cast<std::int32_t>(token.size()),
                         static_cast<std::int32_t>(rows.size()),
                         static_cast<std::int32_t>(wanted.size()),
                         stride,
                         token.data(),
                         position.data(),
                         slot.data(),
                         parent.data(),
                         first_row.data(),
                         committed.data(),
                         table.data(),
                         wanted.data()};
    const double start = now();
    check("pass", hr_pass(program_, &batch, first, end < 0 ? static_cast<std::int32_t>(ops_.size()) : end));
    return now() - start;
  }

  double bandwidth() {
    const std::int64_t bytes = (std::int64_t{256} << 20) / (4096 * threads_) * (4096 * threads_);
    if (probe_ == nullptr) {
      probe_ = hr_memory_map(bytes);
      std::memset(probe_, 1, static_cast<std::size_t>(bytes));
    }
    const double start = now();
    check("read", hr_team_read(team_, probe_, bytes));
    return static_cast<double>(bytes) / (now() - start) * 1e-9;
  }

  // The first multiplications of a process run at half the rate, or less.
  double peak() {
    std::vector<double> rate;
    for (int i = 0; i < 9; ++i) {
      const double start = now();
      const std::int64_t done = hr_team_integer_peak(team_, 40000);
      rate.push_back(static_cast<double>(done) / (now() - start) * 1e-9);
    }
    return Stats(rate).median;
  }

  // Medians of `run`, interleaved with the bandwidth.
  template <class Run>
  void report(const char* what, int depth, int n, double per_run, const char* unit, int runs, double bytes, Run&& run) {
    std::vector<double> rate, read;
    run();
    for (int i = 0; i < runs; ++i) {
      rate.push_back(per_run / run());
      if (i % 8 == 0) read.push_back(bandwidth());
    }
    const Stats r(rate), b(read);
    std::printf(
        "{\"what\": \"%s\", \"depth\": %d, \"n\": %d, \"unit\": \"%s\", \"median\": %.1f, \"p10\": %.1f, \"p90\": "
        "%.1f, \"runs\": %d, \"ms\": %.3f, \"bandwidthGBs\": %.1f, \"share\": %.3f}\n",
        what, depth, n, unit, r.median, r.p10, r.p90, runs, 1e3 * per_run / r.median, b.median,
        bytes * r.median / per_run * 1e-9 / b.median);
    std::fflush(stdout);
  }

  // Passes of 1, 2, 4, 8 and 16 rows of one sequence in turn: medians, and the cost relative to one row of the same
  // round.
  void rows(int depth, int runs) {
    constexpr int kRows[] = {1, 2, 4, 8, 16};
    std::vector<double> ms[std::size(kRows)], factor[std::size(kRows)], read;
    for (const int n : kRows) pass({n}, {depth}, true);
    for (int i = 0; i < runs; ++i) {
      for (std::size_t k = 0; k < std::size(kRows); ++k) {
        ms[k].push_back(1e3 * std::min(pass({kRows[k]}, {depth}, true), pass({kRows[k]}, {depth}, true)));
        factor[k].push_back(ms[k].back() / ms[0].back());
      }
      if (i % 4 == 0) read.push_back(bandwidth());
    }
    for (std::size_t k = 0; k < std::size(kRows); ++k) {
      const Stats m(ms[k]), f(factor[k]);
      std::printf(
          "{\"what\": \"rows\", \"depth\": %d, \"n\": %d, \"unit\": \"ms\", \"median\": %.3f, \"p10\": %.3f, "
          "\"p90\": %.3f, \"runs\": %d, \"factor\": %.2f, \"bandwidthGBs\": %.1f}\n",
          depth, kRows[k], m.median, m.p10, m.p90, runs, f.median, Stats(read).median);
    }
    std::fflush(stdout);
  }

  // Time of each operation of a layer, each as a pass of its own: the sum is a little more than a pass, the shares
  // tell.
  void profile(int rows, int depth, int runs) {
    static const char* const names[] = {"norm",    "q", "k",     "v",     "rope", "attend",
                                        "convert", "o", "norm2", "gated", "down"};
    std::vector<double> total(ops_.size(), 0.0);
    for (int run = 0; run < runs; ++run) {
      for (int i = 0; i < static_cast<int>(ops_.size()); ++i)
        total[static_cast<std::size_t>(i)] += pass({rows}, {depth}, false, i, i + 1);
    }
    for (int k = 0; k < 11; ++k) {
      double sum = 0;
      for (int l = 0; l < kLayers; ++l) sum += total[static_cast<std::size_t>(1 + l * 11 + k)];
      std::printf("  %-8s %9.1f us\n", names[k], 1e6 * sum / runs);
    }
    std::printf("  %-8s %9.1f us\n", "head", 1e6 * total.back() / runs);
  }

  double weight_bytes() const { return weight_bytes_; }
  hr_team* team() { return team_; }

 private:
  static constexpr std::int64_t kArena = std::int64_t{200} << 20;

  hr_matrix matrix(std::int32_t format, int rows, int columns) {
    std::vector<std::uint8_t> source;
    const bool wide = format == HR_Q8_0;
    const std::size_t block = wide ? 34 : 20;
    source.resize(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns / 32) * block);
    for (std::size_t i = 0; i < source.size(); ++i)
      source[i] = static_cast<std::uint8_t>(random_.next() % 255 + (wide ? 129 : 0));
    const float scale = (wide ? 0.012f : 0.2f) / std::sqrt(static_cast<float>(columns));
    for (std::size_t i = 0; i < source.size(); i += block) {
      const std::uint16_t d = float_to_half(scale), m = float_to_half(-7.5f * scale);
      std::memcpy(&source[i], &d, 2);
      if (!wide) std::memcpy(&source[i + 2], &m, 2);
    }
    char* packed = arena_ + used_;
    const std::int64_t bytes = hr_matrix_bytes(format, rows, columns);
    used_ += (bytes + 63) / 64 * 64;
    if (used_ > kArena) fail("arena", used_);
    weight_bytes_ += static_cast<double>(bytes);
    check("pack", hr_matrix_pack(team_, format, rows, columns, source.data(), packed));
    return {format, 0, rows, columns, packed};
  }

  hr_op& op(std::int32_t kind, int source, int target) {
    hr_op o{};
    o.kind = kind, o.source = source, o.target = target, o.scalar = 1e-5f;
    ops_.push_back(o);
    return ops_.back();
  }

  void build() {
    enum { kX, kNormed, kProjected, kAttended, kAttendedIn, kGated, kWanted, kWantedIn, kLogits, kBuffers };
    const int projected = (kHeads + 2 * kKvHeads) * kHeadDim;
    const std::vector<hr_buffer> buffers = {
        {HR_BUFFER_F32, 0, kDim},  {quantised_, 0, kDim},  {HR_BUFFER_F32, 0, projected},
        {HR_BUFFER_F32, 0, kDim},  {quantised_, 0, kDim},  {quantised_, 0, kFfn},
        {HR_BUFFER_F32, 64, kDim}, {quantised_, 64, kDim}, {HR_BUFFER_F32, 64, kVocabulary}};
    const std::vector<float> ones(kDim, 1.0f);
    op(HR_EMBED, -1, kX);
    for (int i = 0; i < kLayers; ++i) {
      op(HR_NORM, kX, kNormed).vector = ones.data();
      op(HR_MATMUL, kNormed, kProjected).matrix = matrix(HR_Q4_1, kHeads * kHeadDim, kDim);
      for (int k = 0; k < 2; ++k) {
        hr_op& o = op(HR_MATMUL, kNormed, kProjected);
        o.matrix = matrix(HR_Q4_1, kKvHeads * kHeadDim, kDim);
        o.offset = (kHeads + k * kKvHeads) * kHeadDim;
      }
      op(HR_ROPE, kProjected, -1).layer = i;
      op(HR_ATTEND, kProjected, kAttended).layer = i;
      op(HR_CONVERT, kAttended, kAttendedIn);
      hr_op& o = op(HR_MATMUL, kAttendedIn, kX);
      o.matrix = matrix(HR_Q4_1, kDim, kDim);
      o.flags = HR_ACCUMULATE;
      op(HR_NORM, kX, kNormed).vector = ones.data();
      const hr_matrix gate = matrix(HR_Q4_1, kFfn, kDim), up = matrix(HR_Q4_1, kFfn, kDim);
      hr_op& g = op(HR_GATED, kNormed, kGated);
      g.matrix = gate, g.second = up;
      hr_op& d = op(HR_MATMUL, kGated, kX);
      d.matrix = matrix(HR_Q4_1, kDim, kFfn);
      d.flags = HR_ACCUMULATE;
    }
    op(HR_GATHER, kX, kWanted);
    hr_op& n = op(HR_NORM, kWanted, kWantedIn);
    n.vector = ones.data(), n.flags = HR_WANTED;
    hr_op& h = op(HR_MATMUL, kWantedIn, kLogits);
    h.matrix = matrix(HR_Q8_0, kVocabulary, kDim);
    h.flags = HR_WANTED;
    ops_[0].matrix = h.matrix;
    std::vector<float> cos, sin;
    for (int p = 0; p < kPositions; ++p) {
      for (int i = 0; i < kHeadDim / 2; ++i) {
        const double angle = p * std::pow(100000.0, -2.0 * i / kHeadDim);
        cos.push_back(static_cast<float>(std::cos(angle)));
        sin.push_back(static_cast<float>(std::sin(angle)));
      }
    }
    const hr_shape shape{kMaxRows,   64,     kMaxSequences, kLayers,   kHeads, kKvHeads, kHeadDim, HR_ROPE_INTERLEAVED,
                         kPositions, 0.125f, cos.data(),    sin.data(), HR_KV_F16, 0};
    void* pages = hr_memory_map(hr_pages_bytes(kLayers, kBlocks, kKvHeads, kHeadDim));
    std::int32_t bad = -1;
    const hr_status status =
        hr_program_open(team_, &shape, kBuffers, buffers.data(), static_cast<std::int32_t>(ops_.size()), ops_.data(),
                        pages, kBlocks, &program_, &bad);
    if (status != HR_OK) fail("program", bad);
    for (int i = 0; i < kBlocks; ++i) order_.push_back(i);
    for (int i = kBlocks - 1; i > 0; --i)
      std::swap(order_[static_cast<std::size_t>(i)], order_[static_cast<std::size_t>(random_.below(i + 1))]);
  }

  std::int32_t quantised_;  // buffer kind of quantised activations
  hr_team* team_ = nullptr;
  hr_program* program_ = nullptr;
  char* arena_ = nullptr;
  std::int64_t used_ = 0;
  double weight_bytes_ = 0;
  int threads_ = 1;
  void* probe_ = nullptr;
  std::vector<hr_op> ops_;
  std::vector<std::int32_t> order_;
  Random random_{1};
};

}  // namespace

int main(int argc, char** argv) {
  int threads = 2, runs = 60, tokens = 800, tier = hr_best_tier();
  std::int32_t quantised = HR_BUFFER_Q8;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    const std::string a = argv[i];
    if (i + 1 < argc && a == "--threads")
      threads = std::atoi(argv[++i]);
    else if (i + 1 < argc && a == "--runs")
      runs = std::atoi(argv[++i]);
    else if (i + 1 < argc && a == "--tokens")
      tokens = std::atoi(argv[++i]);
    else if (i + 1 < argc && a == "--tier")
      tier = std::atoi(argv[++i]);
    else if (a == "--cpu")
      processor_time = true;
    else if (a == "--int16")
      quantised = HR_BUFFER_Q16;
    else
      wanted.push_back(a);
  }
  const auto chosen = [&](const char* what) {
    return wanted.empty() || std::find(wanted.begin(), wanted.end(), what) != wanted.end();
  };
  Bench bench(threads, tier, quantised);
  std::printf("{\"what\": \"peak\", \"unit\": \"Gop/s\", \"median\": %.0f, \"weightsMB\": %.1f}\n", bench.peak(),
              bench.weight_bytes() * 1e-6);
  bench.pass({512}, {0}, false);
  const double bytes = bench.weight_bytes();
  if (chosen("decode")) {
    int depth = 0;
    bench.report("decode", 0, 1, 1, "tok/s", 4 * runs, bytes, [&] { return bench.pass({1}, {depth++ % 48}, false); });
    bench.report("decode", 2048, 1, 1, "tok/s", 2 * runs, bytes + 2048.0 * kLayers * kKvHeads * 256,
                 [&] { return bench.pass({1}, {2048}, false); });
  }
  if (chosen("prefill")) {
    for (const int n : {128, 512})
      bench.report("prefill", 0, n, n, "tok/s", std::max(3, runs / 4), 0, [&] { return bench.pass({n}, {0}, false); });
    bench.report("prefill", 0, 2048, 2048, "tok/s", std::max(3, runs / 20), 0, [&] {
      double sum = 0;
      for (int i = 0; i < 4; ++i) sum += bench.pass({512}, {512 * i}, false);
      return sum;
    });
  }
  if (chosen("rows")) {
    for (const int depth : {0, 2048}) bench.rows(depth, runs);
  }
  if (chosen("batch")) {
    for (const int n : {1, 4, 8, 32}) {
      const std::vector<int> one(static_cast<std::size_t>(n), 1), depth(static_cast<std::size_t>(n), 256);
      bench.report("batch", 256, n, n, "tok/s", runs, bytes, [&] { return bench.pass(one, depth, true); });
    }
  }
  const auto named = [&](const char* what) { return std::find(wanted.begin(), wanted.end(), what) != wanted.end(); };
  if (named("foreign"))
    headrace::bench::foreign(bench.team(), runs, tokens, [&](int i) { return bench.pass({1}, {i % 48}, false); });
  if (named("foreign-prefill"))
    headrace::bench::foreign(bench.team(), runs, std::max(1, tokens / 50),
                             [&](int) { return bench.pass({512}, {0}, false); });
  if (named("foreign-batch"))
    headrace::bench::foreign(bench.team(), runs, std::max(1, tokens / 4), [&](int) {
      return bench.pass(std::vector<int>(8, 1), std::vector<int>(8, 64), true);
    });
  if (named("profile")) {
    for (const int rows : {1, 2, 4, 8, 16, 512}) {
      std::printf("%d rows\n", rows);
      bench.profile(rows, 0, rows <= 16 ? 20 : 4);
    }
    std::printf("1 row at 2048\n");
    bench.profile(1, 2048, 30);
  }
  return 0;
}
