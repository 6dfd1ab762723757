// Choices: every tier and team against sorting the whole row, alone and together.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "abi/team.h"
#include "cpu/dispatch/row_kernels.h"
#include "cpu/weigh/reference.h"
#include "test/check.h"
#include "test/fills.h"

namespace headrace::test {
namespace {

// A choice with what it points to.
struct Asked {
  std::vector<float> row;
  std::vector<float> peaks;
  std::vector<std::int32_t> bias_token;
  std::vector<float> bias;
  std::vector<std::int32_t> seen_token;
  std::vector<std::int32_t> seen;
  hr_choice choice;

  hr_choice pointed() {
    hr_choice c = choice;
    c.logits = row.data();
    c.peaks = peaks.data();
    c.bias_token = bias_token.data();
    c.bias = bias.data();
    c.seen_token = seen_token.data();
    c.seen = seen.data();
    c.biases = static_cast<std::int32_t>(bias.size());
    c.seens = static_cast<std::int32_t>(seen.size());
    return c;
  }
};

Asked any_choice(int n, Random& random) {
  const float widths[] = {0.01f, 1.0f, 8.0f, 60.0f};
  Asked asked{random_row(static_cast<std::size_t>(n), random.next(), widths[random.below(4)]), {}, {}, {}, {}, {}, {}};
  if (random.below(3) == 0)
    for (float& x : asked.row) x = std::nearbyint(x);
  if (random.below(12) == 0) asked.row[static_cast<std::size_t>(random.below(n))] = random.below(2) == 0 ? NAN : INFINITY;
  asked.peaks.resize(static_cast<std::size_t>(n + 63) / 64);
  row_kernels(HR_TIER_SCALAR).peaks(asked.row.data(), n, asked.peaks.data());
  for (int i = random.below(3); i > 0; --i) {
    asked.bias_token.push_back(random.below(n + 2));
    asked.bias.push_back(random.below(3) == 0 ? -INFINITY : random.real(60.0f));
  }
  std::vector<std::int32_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (int i = std::min(n, random.below(60)) - 1; i >= 0; --i) {
    std::swap(order[static_cast<std::size_t>(i)], order[static_cast<std::size_t>(i + random.below(n - i))]);
    asked.seen_token.push_back(order[static_cast<std::size_t>(i)]);
    asked.seen.push_back(random.below(7));
  }
  std::sort(asked.seen_token.begin(), asked.seen_token.end());
  asked.seen_token.erase(std::unique(asked.seen_token.begin(), asked.seen_token.end()), asked.seen_token.end());
  asked.seen.resize(asked.seen_token.size());
  const float inverses[] = {0.0f, 1.0f, 0.01f, 1.4f, 1e6f};
  const float leasts[] = {1.0f, 1.0f, 0x1p36f};
  const float masses[] = {1.0f, 0.95f, 0.5f, 0.01f};
  const std::int32_t tops[] = {0, 0, 1, 3, 40, 200};
  hr_choice& c = asked.choice;
  c.repetition = random.below(2) == 0 ? 1.0f : 1.1f;
  c.frequency = random.below(2) == 0 ? 0.0f : 0.2f;
  c.presence = random.below(2) == 0 ? 0.0f : -0.1f;
  c.inverse = inverses[random.below(5)];
  c.least = leasts[random.below(3)];
  c.top_p = masses[random.below(4)];
  c.top_k = tops[random.below(6)];
  c.u = static_cast<double>(random.next() >> 11) * 0x1p-53;
  return asked;
}

// The header's words, over the whole row.
std::int32_t law(const Asked& asked) {
  const hr_choice& c = asked.choice;
  std::vector<float> l = asked.row;
  for (const float x : l)
    if (!std::isfinite(x)) return HR_NO_NUMBERS;
  for (std::size_t i = 0; i < asked.bias.size(); ++i) {
    const std::size_t token = static_cast<std::size_t>(asked.bias_token[i]);
    if (token < l.size()) l[token] = l[token] + asked.bias[i];
  }
  for (std::size_t i = 0; i < asked.seen.size(); ++i) {
    float& x = l[static_cast<std::size_t>(asked.seen_token[i])];
    const int occurrences = asked.seen[i] >> 1;
    if (asked.seen[i] != 0 && c.repetition != 1.0f) x = x > 0.0f ? x / c.repetition : x * c.repetition;
    if (occurrences > 0) x = x - (c.frequency * static_cast<float>(occurrences) + c.presence);
  }
  std::vector<std::int32_t> order;
  for (std::size_t i = 0; i < l.size(); ++i)
    if (l[i] > -INFINITY) order.push_back(static_cast<std::int32_t>(i));
  if (order.empty()) return HR_NO_TOKEN;
  const auto at = [&](std::int32_t token) { return l[static_cast<std::size_t>(token)]; };
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return at(a) > at(b); });
  if (c.inverse == 0.0f) return order.front();
  if (c.top_k > 0 && order.size() > static_cast<std::size_t>(c.top_k)) order.resize(static_cast<std::size_t>(c.top_k));
  std::vector<std::int64_t> w(l.size(), 0);
  for (const std::int32_t token : order)
    w[static_cast<std::size_t>(token)] = reference::weight(at(token), at(order.front()), c.inverse, c.least);
  std::int64_t total = std::accumulate(w.begin(), w.end(), std::int64_t{0});
  if (c.top_p < 1.0f) {
    const auto needed = static_cast<std::int64_t>(std::ceil(static_cast<double>(c.top_p) * static_cast<double>(total)));
    std::vector<std::int64_t> kept(l.size(), 0);
    for (const std::int32_t token : reference::nucleus(w, std::max<std::int64_t>(1, needed)))
      kept[static_cast<std::size_t>(token)] = w[static_cast<std::size_t>(token)];
    w = kept;
    total = std::accumulate(w.begin(), w.end(), std::int64_t{0});
  }
  const std::int64_t target = std::min(static_cast<std::int64_t>(c.u * static_cast<double>(total)), total - 1);
  std::int64_t sum = 0;
  std::size_t token = 0;
  while ((sum += w[token]) <= target) ++token;
  return static_cast<std::int32_t>(token);
}

struct Scratch {
  Scratch(hr_team* team, std::int64_t n)
      : bytes(hr_choose_bytes(team, n)), memory(hr_memory_map(bytes)) {}
  ~Scratch() { hr_memory_unmap(memory, bytes); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::int64_t bytes;
  void* memory;
};

}  // namespace

TEST(choices_are_the_laws_alone_and_together_in_every_tier_and_leave_their_rows_as_they_were) {
  for (const std::int32_t tier : tiers()) {
    for (const int threads : {1, 3}) {
      hr_team* team = nullptr;
      CHECK_EQ(hr_team_open(threads, tier, 0, &team), HR_OK);
      for (const int n : {1, 2, 63, 64, 65, 640, 1000, 4100}) {
        const Scratch scratch(team, n);
        Random random(static_cast<std::uint64_t>(n));
        for (int round = 0; round < 12; ++round) {
          std::vector<Asked> asked;
          for (int i = random.below(9); i >= 0; --i) asked.push_back(any_choice(n, random));
          std::vector<hr_choice> choices;
          for (Asked& each : asked) choices.push_back(each.pointed());
          std::vector<std::vector<float>> before;
          for (const Asked& each : asked) before.push_back(each.row);
          CHECK_EQ(hr_choose(team, n, static_cast<std::int32_t>(choices.size()), choices.data(), scratch.memory), HR_OK);
          for (std::size_t i = 0; i < asked.size(); ++i) {
            if (!CHECK_EQ(choices[i].token, law(asked[i]))) return;
            for (std::size_t j = 0; j < before[i].size(); ++j)
              if (!CHECK_BITS(asked[i].row[j], before[i][j])) return;
            hr_choice one = asked[i].pointed();
            CHECK_EQ(hr_choose(team, n, 1, &one, scratch.memory), HR_OK);
            if (!CHECK_EQ(one.token, choices[i].token)) return;
          }
        }
      }
      hr_team_close(team);
    }
  }
}

TEST(a_choice_is_refused_where_it_makes_no_sense_and_then_none_is_made) {
  hr_team* team = nullptr;
  CHECK_EQ(hr_team_open(2, best_tier(), 0, &team), HR_OK);
  CHECK(hr_choose_bytes(nullptr, 3) < 0);
  CHECK(hr_choose_bytes(team, 0) < 0);
  CHECK(hr_choose_bytes(team, std::int64_t{HR_MOST_WEIGHED} + 1) < 0);
  const Scratch scratch(team, 3);
  float row[3] = {1.0f, 3.0f, 2.0f};
  float peak[1] = {3.0f};
  std::int32_t token[1] = {1};
  float bias[1] = {-5.0f};
  hr_choice good = {};
  good.logits = row;
  good.peaks = peak;
  good.repetition = 1.0f;
  good.inverse = 1.0f;
  good.least = 1.0f;
  good.top_p = 1.0f;
  good.token = 77;
  const auto status = [&](auto change) {
    hr_choice two[2] = {good, good};
    change(two[1]);
    const hr_status s = hr_choose(team, 3, 2, two, scratch.memory);
    CHECK(s == HR_OK || (two[0].token == 77 && two[1].token == 77));
    return s;
  };
  CHECK_EQ(status([](hr_choice& c) { c.logits = nullptr; }), HR_NULL_POINTER);
  CHECK_EQ(status([](hr_choice& c) { c.peaks = nullptr; }), HR_NULL_POINTER);
  CHECK_EQ(status([](hr_choice& c) { c.biases = 1; }), HR_NULL_POINTER);
  CHECK_EQ(status([](hr_choice& c) { c.seens = 1; }), HR_NULL_POINTER);
  CHECK_EQ(status([](hr_choice& c) { c.biases = -1; }), HR_BAD_SHAPE);
  CHECK_EQ(status([&](hr_choice& c) { c.biases = 10, c.bias_token = token, c.bias = bias; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.repetition = 0.0f; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.frequency = NAN; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.presence = INFINITY; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.inverse = -1.0f; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.inverse = INFINITY; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.least = 0.5f; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.top_p = 0.0f; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.top_p = 1.5f; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.top_k = -1; }), HR_BAD_SHAPE);
  CHECK_EQ(status([](hr_choice& c) { c.u = 1.0; }), HR_BAD_SHAPE);
  CHECK_EQ(status([&](hr_choice& c) { c = good, c.inverse = 0.0f; }), HR_OK);
  hr_choice one = good;
  one.inverse = 0.0f;
  one.biases = 1;
  one.bias_token = token;
  one.bias = bias;
  CHECK_EQ(hr_choose(nullptr, 3, 1, &one, scratch.memory), HR_NULL_POINTER);
  CHECK_EQ(hr_choose(team, 3, 1, nullptr, scratch.memory), HR_NULL_POINTER);
  CHECK_EQ(hr_choose(team, 3, 1, &one, nullptr), HR_NULL_POINTER);
  CHECK_EQ(hr_choose(team, 3, 1, &one, static_cast<char*>(scratch.memory) + 4), HR_BAD_SHAPE);
  CHECK_EQ(hr_choose(team, 0, 1, &one, scratch.memory), HR_BAD_SHAPE);
  CHECK_EQ(hr_choose(team, 3, -1, &one, scratch.memory), HR_BAD_SHAPE);
  CHECK_EQ(one.token, 77);
  CHECK_EQ(hr_choose(team, 3, 0, &one, scratch.memory), HR_OK);
  CHECK_EQ(one.token, 77);
  CHECK_EQ(hr_choose(team, 3, 1, &one, scratch.memory), HR_OK);
  CHECK_EQ(one.token, 2);
  hr_team_close(team);
}

}  // namespace headrace::test
