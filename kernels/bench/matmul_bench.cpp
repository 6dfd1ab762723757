// One thread's products: one JSON line per format, tier and row count.
//
//   matmul_bench [--mb N] [--columns N] [--rounds N] [--tier N] [FORMAT ...]
//
//   stream  N MB of packed weights read once per round (default 96): GB/s of weights and Gop/s (2 per multiply-add)
//   cache   the same tiles again and again: Gop/s with weights and activations in the first two cache levels
//   kernel  tile, or the same two measures for two at once, where the tier has such kernels: pair, and wide for one plane
//   planes  of the activations, for quantised weights: int8, or two of it
//
// Medians and tenths over the rounds; row counts, kernels and planes alternate inside a round, so that a machine that changes its pace
// changes all of them. readGBs is a plain read of the same memory in the same rounds: compare shares, not rates.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "cpu/matmul/matmul.h"
#include "cpu/quantise/quantise.h"
#include "cpu/tier.h"
#include "headrace/kernels.h"

namespace headrace {
namespace {

constexpr int kCounts[] = {1, 2, 4, 8, 12, 16};

struct Options {
  std::size_t megabytes = 96;
  std::int64_t columns = 1536;
  int rounds = 9;
  int tier = best_tier();
  std::vector<std::string> formats;
};

struct Freed {
  void operator()(void* memory) const { std::free(memory); }
};
using Bytes = std::unique_ptr<std::uint8_t[], Freed>;

// On huge pages where there are any, as weights are when they serve.
Bytes memory(std::size_t bytes) {
  constexpr std::size_t kPage = 2u << 20;
  const std::size_t whole = (bytes + kPage - 1) / kPage * kPage;
  Bytes found(static_cast<std::uint8_t*>(std::aligned_alloc(kPage, whole)));
  madvise(found.get(), whole, MADV_HUGEPAGE);
  return found;
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// Keeps a result from being dropped.
volatile float sink;

// One format's weights and kernels.
struct Case {
  const FormatTraits* traits;
  std::size_t tile_bytes;
  std::size_t tiles;
  Bytes weights;
};

// 16 activation rows in both forms.
struct Activations {
  std::vector<std::int8_t> q;
  std::vector<float> scale, sum, x;
  std::vector<std::int32_t> negsum;
  QuantisedGroup group;
  FloatGroup floats;

  Activations(std::int64_t columns, Planes planes)
      : q(static_cast<std::size_t>(columns) * 16 * static_cast<std::size_t>(planes)),
        scale(static_cast<std::size_t>(columns / 2)),
        sum(scale.size()),
        x(static_cast<std::size_t>(columns) * 16),
        negsum(scale.size()),
        group{q.data(), scale.data(), sum.data(), negsum.data(), 16},
        floats{x.data(), columns} {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i * 2654435761u % 2001) * 0.001f - 1.0f;
    for (int m = 0; m < 16; ++m) quantise_row(HR_TIER_SCALAR, planes)(x.data() + m * columns, columns, group, m);
  }
};

// Weights that are small, finite and not denormal: every 16-bit word with its upper exponent bits kept low, except that
// F32 is made of floats.
Case make_case(const FormatTraits& traits, const Options& options) {
  Case c{&traits, traits.tile_bytes(options.columns), 0, nullptr};
  c.tiles = std::max<std::size_t>(2, options.megabytes * 1000000 / c.tile_bytes / 2 * 2);
  c.weights = memory(c.tile_bytes * c.tiles);
  const auto row_bytes = static_cast<std::size_t>(options.columns / traits.block_weights * traits.block_bytes);
  std::vector<std::uint8_t> rows(16 * row_bytes);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(i * 2654435761u >> 13);
    const bool upper = traits.quantised_activations || i % static_cast<std::size_t>(traits.block_bytes) ==
                                                           static_cast<std::size_t>(traits.block_bytes - 1);
    rows[i] = upper ? static_cast<std::uint8_t>(0x2C | (byte & 0x83)) : byte;
  }
  const void* from[16];
  for (std::size_t n = 0; n < 16; ++n) from[n] = rows.data() + n * row_bytes;
  traits.pack_tile(from, options.columns, c.weights.get());
  for (std::size_t t = 1; t < c.tiles; ++t)
    std::memcpy(c.weights.get() + t * c.tile_bytes, c.weights.get(), c.tile_bytes);
  return c;
}

struct Way {
  const char* kernel;
  Planes planes;
};

std::vector<Way> ways(const FormatTraits& traits, int tier) {
  if (!traits.quantised_activations) return {{"tile", Planes::kOne}};
  std::vector<Way> all = {{"tile", Planes::kOne}, {"tile", Planes::kTwo}};
  for (const Planes planes : {Planes::kOne, Planes::kTwo}) {
    if (quantised_pair(tier, traits.format, 1, planes) != nullptr) all.push_back({"pair", planes});
  }
  if (quantised_wide(tier, traits.format) != nullptr) all.push_back({"wide", Planes::kOne});
  return all;
}

// Seconds for `times` tiles (even), `stride` bytes apart, one or two a call.
double run(const Case& c, const Options& options, const Activations& x, const Way& way, int count, std::size_t times,
           std::size_t stride) {
  alignas(64) float out[kWideGroup];
  const double start = seconds();
  if (way.kernel[0] == 'w') {
    const QuantisedWide wide = quantised_wide(options.tier, c.traits->format);
    QuantisedGroup group = x.group;
    group.rows = count;
    for (std::size_t t = 0; t < times; t += 2) wide(c.weights.get() + t * stride, options.columns, &group, 1, out);
  } else if (c.traits->quantised_activations) {
    const bool pair = way.kernel[0] == 'p';
    const QuantisedTile tile =
        (pair ? quantised_pair : quantised_tile)(options.tier, c.traits->format, count, way.planes);
    const std::size_t step = pair ? 2 : 1;
    for (std::size_t t = 0; t < times; t += step) tile(c.weights.get() + t * stride, options.columns, x.group, 0, out);
  } else {
    const FloatTile tile = float_tile(options.tier, c.traits->format, count);
    for (std::size_t t = 0; t < times; ++t) tile(c.weights.get() + t * stride, options.columns, x.floats, 0, out);
  }
  const double end = seconds();
  sink = out[0];
  return end - start;
}

double read_gbs(const Case& c) {
  const std::size_t words = c.tile_bytes * c.tiles / 64;
  const auto* from = reinterpret_cast<const std::uint64_t*>(c.weights.get());
  const double start = seconds();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < words; ++i) sum += from[8 * i];
  const double end = seconds();
  sink = static_cast<float>(sum);
  return static_cast<double>(words) * 64e-9 / (end - start);
}

struct Spread {
  double median, p10, p90;
};

Spread spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.5), at(0.1), at(0.9)};
}

// Rates of one row count and one kernel over the rounds.
struct Rates {
  std::vector<double> stream;
  std::vector<double> cache;
};

void measure(const FormatTraits& traits, const Options& options) {
  const Case c = make_case(traits, options);
  const Activations x[2] = {{options.columns, Planes::kOne}, {options.columns, Planes::kTwo}};
  const std::vector<Way> all = ways(traits, options.tier);
  std::vector<Rates> rates(all.size() * std::size(kCounts));
  std::vector<double> read;
  const double ops_of_a_row = 2.0 * 16.0 * static_cast<double>(options.columns);
  const double streamed = static_cast<double>(c.tile_bytes * c.tiles) * 1e-9;
  for (int round = 0; round < options.rounds; ++round) {
    read.push_back(read_gbs(c));
    for (std::size_t i = 0; i < rates.size(); ++i) {
      const int count = kCounts[i / all.size()];
      const Way& way = all[i % all.size()];
      const Activations& rows = x[way.planes == Planes::kTwo ? 1 : 0];
      const std::size_t repeats = 2 * (1 + 200 / static_cast<std::size_t>(count));
      rates[i].stream.push_back(streamed / run(c, options, rows, way, count, c.tiles, c.tile_bytes));
      rates[i].cache.push_back(ops_of_a_row * count * static_cast<double>(repeats) * 1e-9 /
                               run(c, options, rows, way, count, repeats, 0));
    }
  }
  const double read_median = spread(read).median;
  for (std::size_t i = 0; i < rates.size(); ++i) {
    const int count = kCounts[i / all.size()];
    const Way& way = all[i % all.size()];
    const Spread s = spread(rates[i].stream);
    const double gops = s.median / static_cast<double>(c.tile_bytes) * ops_of_a_row * count;
    const Spread in_cache = spread(rates[i].cache);
    std::printf(
        "{\"what\": \"matmul\", \"format\": \"%s\", \"tier\": \"%s\", \"kernel\": \"%s\", \"planes\": %d, \"rows\": "
        "%d, \"columns\": %lld, \"unit\": \"GB/s\", \"median\": %.2f, \"p10\": %.2f, \"p90\": %.2f, \"runs\": %d, "
        "\"readGBs\": %.2f, \"gops\": %.1f, \"cacheGops\": %.1f, \"cacheGopsP90\": %.1f}\n",
        traits.name, tier_name(options.tier), way.kernel, static_cast<int>(way.planes), count,
        static_cast<long long>(options.columns), s.median, s.p10, s.p90, options.rounds, read_median, gops,
        in_cache.median, in_cache.p90);
  }
  std::fflush(stdout);
}

int usage(const char* what) {
  std::fprintf(stderr,
               "matmul_bench: %s\nusage: matmul_bench [--mb N] [--columns N (a multiple of the block)] [--rounds N] [--tier "
               "0..%d] [FORMAT ...]\n",
               what, best_tier());
  return 2;
}

int bench(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      options.formats.push_back(word);
      continue;
    }
    if (i + 1 == argc) return usage((word + " needs a number").c_str());
    const long value = std::atol(argv[++i]);
    if (value < 0 || (value == 0 && word != "--tier")) return usage((word + " must be positive").c_str());
    if (word == "--mb")
      options.megabytes = static_cast<std::size_t>(value);
    else if (word == "--columns")
      options.columns = value;
    else if (word == "--rounds")
      options.rounds = static_cast<int>(value);
    else if (word == "--tier")
      options.tier = static_cast<int>(value);
    else
      return usage(("unknown option " + word).c_str());
  }
  if (options.columns % 64 != 0) return usage("--columns must be a multiple of 64");
  if (options.tier > best_tier()) return usage("this machine lacks that tier");
  bool any = false;
  for (const std::int32_t format :
       {HR_Q4_0, HR_Q4_1, HR_Q5_0, HR_Q5_1, HR_Q8_0, HR_Q4_K, HR_Q5_K, HR_Q6_K, HR_F32, HR_F16, HR_BF16}) {
    const FormatTraits& traits = *format_traits(format);
    const bool wanted = options.formats.empty() ||
                        std::find(options.formats.begin(), options.formats.end(), traits.name) != options.formats.end();
    if (!wanted || options.columns % traits.block_weights != 0) continue;
    measure(traits, options);
    any = true;
  }
  return any ? 0 : usage("no such format with so many columns");
}

}  // namespace
}  // namespace headrace

int main(int argc, char** argv) { return headrace::bench(argc, argv); }
