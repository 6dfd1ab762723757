// Whole passes: one arithmetic, many arms. Every arm has the same bits.
#include <algorithm>
#include <cstring>

#include "test/check.h"
#include "test/tiny_model.h"

namespace headrace::test {
namespace {

TinyShape shape_with(std::int32_t kv, std::int32_t activations = HR_BUFFER_Q8) {
  TinyShape shape;
  shape.kv_format = kv;
  shape.activations = activations;
  return shape;
}

std::vector<TinyShape> shapes(std::int32_t kv) {
  std::vector<TinyShape> all(9, shape_with(kv));
  all[1].biases = true;
  all[1].rope_kind = HR_ROPE_INTERLEAVED;
  all[2].head_norms = true;
  all[2].heads = 7;
  all[2].kv_heads = 1;
  all[3].format = all[3].head_format = HR_F32;
  all[3].ffn = 151;  // an odd number of tiles and a broken last one
  all[3].dim = 80;
  all[4].heads = all[4].kv_heads = 6;
  all[4].head_dim = 16;
  all[5].format = HR_Q8_0;
  all[5].heads = 8;
  all[5].kv_heads = 2;
  all[5].head_dim = 80;
  all[6].heads = 16;
  all[6].kv_heads = 1;
  all[6].head_dim = 48;
  all[7].activations = HR_BUFFER_Q16;
  all[8].activations = HR_BUFFER_Q16;
  all[8].format = HR_Q8_0;
  all[8].biases = true;
  return all;
}

// By the format of pages and the kind of buffer that activations are quantised into.
const TinyWeights& weights(std::int32_t kv, std::int32_t activations = HR_BUFFER_Q8) {
  static const TinyWeights all[2][2] = {
      {{shape_with(HR_KV_F16), 1}, {shape_with(HR_KV_F16, HR_BUFFER_Q16), 1}},
      {{shape_with(HR_KV_BF16), 1}, {shape_with(HR_KV_BF16, HR_BUFFER_Q16), 1}}};
  return all[kv == HR_KV_BF16 ? 1 : 0][activations == HR_BUFFER_Q16 ? 1 : 0];
}

constexpr std::int32_t kQuantised[] = {HR_BUFFER_Q8, HR_BUFFER_Q16};

}  // namespace

TEST_FOR_EACH_KV_FORMAT(a_pass_has_the_bits_of_the_law) {
  std::uint64_t seed = 10;
  for (const TinyShape& shape : shapes(kv)) {
    const TinyWeights w(shape, ++seed);
    const std::vector<std::int32_t> tokens = random_tokens(150, shape.vocabulary, seed);
    const Logits law = plain_logits(w, tokens);
    for (const std::vector<float>& row : law) {  // a model worth comparing: neither flat nor wild
      const auto [low, high] = std::minmax_element(row.begin(), row.end());
      CHECK(*high - *low > 0.5f && *high - *low < 50.0f);
    }
    for (const std::int32_t tier : tiers()) {
      TinyModel model(w, 2, tier);
      Sequence s = model.sequence(150);
      if (!same_logits(model.feed(s, tokens, 131), law)) return;
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(pieces_of_a_prompt_give_what_the_whole_gives) {
  for (const std::int32_t activations : kQuantised) {
    const std::vector<std::int32_t> tokens = random_tokens(300, weights(kv).shape.vocabulary, 2);
    for (const int threads : {1, 2}) {
      TinyModel model(weights(kv, activations), threads, best_tier());
      Sequence whole = model.sequence(300);
      const Logits expected = model.feed(whole, tokens, 300);
      for (const int piece : {1, 2, 3, 7, 16, 17, 64, 129}) {
        Sequence s = model.sequence(300);
        if (!same_logits(model.feed(s, tokens, piece), expected)) return;
        model.release(s);
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(threads_and_tiers_do_not_change_a_bit) {
  for (const std::int32_t activations : kQuantised) {
    const std::vector<std::int32_t> tokens = random_tokens(200, weights(kv).shape.vocabulary, 3);
    TinyModel one(weights(kv, activations), 1, HR_TIER_SCALAR);
    Sequence s = one.sequence(200);
    const Logits expected = one.feed(s, tokens, 80);
    for (const std::int32_t tier : tiers()) {
      for (const int threads : {1, 2, 3, 5}) {
        for (const int spins : {0, 50}) {
          TinyModel model(weights(kv, activations), threads, tier, spins);
          Sequence own = model.sequence(200);
          if (!same_logits(model.feed(own, tokens, 97), expected)) return;
        }
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(passes_of_changing_width_have_the_same_bits) {
  const std::vector<std::int32_t> tokens = random_tokens(60, weights(kv).shape.vocabulary, 3);
  TinyModel one(weights(kv), 1, best_tier());
  Sequence s = one.sequence(100);
  const Logits expected = one.feed(s, tokens, 60);
  const Logits tree = one.pass({{&s, {1, 2, 3, 4, 5}, {-1, 0, 0, 1, 2}}});
  for (const int threads : {2, 3, 5}) {
    for (const int spins : {0, 50}) {
      for (const int piece : {1, 2, 7, 40}) {
        TinyModel model(weights(kv), threads, best_tier(), spins);
        model.change_widths(static_cast<std::uint64_t>(threads * 100 + piece));
        Sequence own = model.sequence(100);
        if (!same_logits(model.feed(own, tokens, piece), expected)) return;
        if (!same_logits(model.pass({{&own, {1, 2, 3, 4, 5}, {-1, 0, 0, 1, 2}}}), tree)) return;
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(a_caller_that_comes_late_to_its_pass_finds_the_same_bits) {
  const std::vector<std::int32_t> tokens = random_tokens(60, weights(kv).shape.vocabulary, 3);
  TinyModel one(weights(kv), 1, best_tier());
  Sequence s = one.sequence(100);
  const Logits expected = one.feed(s, tokens, 60);
  for (const int threads : {1, 2, 3}) {
    for (const int spins : {0, 50}) {
      for (const int piece : {1, 7, 40}) {
        TinyModel model(weights(kv), threads, best_tier(), spins);
        model.come_late(static_cast<std::uint64_t>(threads * 100 + piece));
        Sequence own = model.sequence(100);
        if (!same_logits(model.feed(own, tokens, piece), expected)) return;
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(the_second_half_of_a_pass_may_be_wider_than_the_first) {
  const std::vector<std::int32_t> tokens = random_tokens(2, weights(kv).shape.vocabulary, 9);
  for (const std::size_t rows : {1, 2}) {
    const std::vector<std::int32_t> begin(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(rows));
    TinyModel one(weights(kv), 1, best_tier());
    Sequence a = one.sequence(20);
    const Logits expected = one.pass({{&a, begin}});
    TinyModel model(weights(kv), 3, best_tier());
    model.change_widths(rows);
    for (int split = 1; split < model.ops(); ++split) {
      for (int round = 0; round < 4; ++round) {
        Sequence c = model.sequence(20);
        // Other rows leave the members' own copies with something else in them.
        model.pass({{&c, {tokens[1]}}});
        model.release(c);
        Sequence b = model.sequence(20);
        if (!same_logits(model.pass({{&b, begin}}, false, split), expected)) return;
        model.release(b);
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(a_batch_gives_each_sequence_what_it_gets_alone) {
  for (const std::int32_t activations : kQuantised) {
    const int lengths[] = {3, 257, 128, 20, 127};
    for (const int threads : {1, 2, 3}) {
      TinyModel model(weights(kv, activations), threads, best_tier());
      std::vector<Sequence> together(5), alone(5);
      std::vector<std::vector<std::int32_t>> prompt(5);
      for (std::size_t i = 0; i < 5; ++i) {
        prompt[i] = random_tokens(lengths[i] + 12, weights(kv).shape.vocabulary, 40 + i);
        together[i] = model.sequence(300);
        alone[i] = model.sequence(300);
        const std::vector<std::int32_t> begin(prompt[i].begin(), prompt[i].begin() + lengths[i]);
        model.feed(together[i], begin, 300);
        model.feed(alone[i], begin, 50);
      }
      for (int step = 0; step < 6; ++step) {
        // In the later steps one sequence brings several rows, as a chunk of a prompt between decoding neighbours would.
        std::vector<Rows> rows;
        std::vector<std::vector<std::int32_t>> next(5);
        for (std::size_t i = 0; i < 5; ++i) {
          const int n = step >= 3 && i == 2 ? 3 : 1;
          for (int k = 0; k < n; ++k)
            next[i].push_back(random_tokens(20, weights(kv).shape.vocabulary, 60 + i)[static_cast<std::size_t>(step + k)]);
          rows.push_back({&together[i], next[i]});
        }
        const Logits batch = model.pass(rows);
        Logits single;
        for (std::size_t i = 0; i < 5; ++i) {
          const Logits own = model.feed(alone[i], next[i], 1);
          single.insert(single.end(), own.begin(), own.end());
        }
        if (!same_logits(batch, single)) return;
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(wanted_rows_and_split_passes_change_nothing) {
  for (const std::int32_t activations : kQuantised) {
    const std::vector<std::int32_t> tokens = random_tokens(40, weights(kv).shape.vocabulary, 8);
    for (const int rows : {1, 2, 3, 40}) {
      const std::vector<std::int32_t> begin(tokens.begin(), tokens.begin() + rows);
      TinyModel model(weights(kv, activations), 2, best_tier());
      Sequence a = model.sequence(40);
      const Logits all = model.pass({{&a, begin}});
      Sequence b = model.sequence(40);
      const Logits last = model.pass({{&b, begin}}, true);
      CHECK_EQ(last.size(), std::size_t{1});
      if (!same_logits(last, {all.back()})) return;
      for (int split = 1; split < model.ops(); ++split) {
        Sequence c = model.sequence(40);
        if (!same_logits(model.pass({{&c, begin}}, rows == 40, split), rows == 40 ? last : all)) return;
        model.release(c);
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(pages_of_others_stay_as_they_are) {
  TinyModel model(weights(kv), 2, best_tier());
  Sequence mine = model.sequence(320);
  Sequence other = model.sequence(320);
  const TinyShape& s = weights(kv).shape;
  const std::int64_t halves = 2 * 16 * s.head_dim;
  std::vector<char> owned(static_cast<std::size_t>(s.blocks), 0);
  for (const std::int32_t block : mine.table) owned[static_cast<std::size_t>(block)] = 1;
  std::uint16_t* pages = model.pages();
  const std::size_t size = static_cast<std::size_t>(model.pages_bytes() / 2);
  for (std::size_t i = 0; i < size; ++i) pages[i] = static_cast<std::uint16_t>(i % 30000);  // finite everywhere
  model.feed(mine, random_tokens(290, s.vocabulary, 4), 37);
  model.pass({{&mine, {1, 2, 3, 4}, {-1, 0, 0, 1}}});
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t block = i / static_cast<std::size_t>(halves * s.kv_heads * s.layers);
    if (owned[block] == 0 && !CHECK_EQ(static_cast<int>(pages[i]), static_cast<int>(i % 30000))) return;
  }
}

TEST_FOR_EACH_KV_FORMAT(stale_pages_add_nothing) {
  const std::vector<std::int32_t> tokens = random_tokens(140, weights(kv).shape.vocabulary, 5);
  TinyModel clean(weights(kv), 1, best_tier());
  Sequence a = clean.sequence(140);
  const Logits expected = clean.feed(a, tokens, 33);
  // The largest number, infinity, NaN.
  const std::vector<std::uint16_t> wild = kv == HR_KV_BF16 ? std::vector<std::uint16_t>{0x7F7F, 0x7F80, 0x7FC0}
                                                           : std::vector<std::uint16_t>{0x7BFF, 0x7C00, 0x7E00};
  for (const std::uint16_t stale : wild) {
    TinyModel model(weights(kv), 2, best_tier());
    std::fill(model.pages(), model.pages() + model.pages_bytes() / 2, stale);
    for (const int piece : {1, 33}) {
      Sequence b = model.sequence(140);
      if (!same_logits(model.feed(b, tokens, piece), expected)) return;
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(a_model_of_nans_ends_its_pass) {
  for (const std::int32_t activations : kQuantised) {
    TinyWeights w(shape_with(kv, activations), 3);
    std::fill(w.layers[0].attention_norm.begin(), w.layers[0].attention_norm.end(), __builtin_nanf(""));
    for (const std::int32_t tier : tiers()) {
      TinyModel model(w, 2, tier);
      Sequence s = model.sequence(64);
      const Logits many = model.feed(s, random_tokens(20, w.shape.vocabulary, 1), 18);
      CHECK(many.back()[0] != many.back()[0]);
      model.pass({{&s, {1, 2, 3}, {-1, 0, 0}}});
    }
  }
}

}  // namespace headrace::test
