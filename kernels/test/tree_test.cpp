// Trees: every node's result has the bits of plain decoding along its path, before and after the accepted path is
// committed.
#include <algorithm>

#include "test/check.h"
#include "test/tiny_model.h"

namespace headrace::test {
namespace {

TinyShape shape_of(std::int32_t kv) {
  TinyShape shape;
  shape.kv_format = kv;
  return shape;
}

struct Tree {
  std::vector<std::int32_t> tokens;
  std::vector<std::int32_t> parent;

  // Nodes from the root to `node`.
  std::vector<std::int32_t> path(std::int32_t node) const {
    std::vector<std::int32_t> nodes;
    for (; node >= 0; node = parent[static_cast<std::size_t>(node)]) nodes.insert(nodes.begin(), node);
    return nodes;
  }
};

// Deep trees lengthen the last path mostly, wide ones hang nodes anywhere; several roots are allowed.
Tree random_tree(int nodes, int vocabulary, Random& random) {
  Tree tree;
  const int depth_of_ten = random.below(11);
  for (int i = 0; i < nodes; ++i) {
    tree.tokens.push_back(random.below(vocabulary));
    tree.parent.push_back(random.below(10) < depth_of_ten ? i - 1 : random.below(i + 1) - 1);
  }
  return tree;
}

}  // namespace

TEST_FOR_EACH_KV_FORMAT(tree_rows_have_the_bits_of_plain_decoding) {
  TinyShape shape = shape_of(kv);
  shape.blocks = 300;
  const TinyWeights w(shape, 21);
  Random random(22);
  for (const int base : {0, 1, 15, 16, 17, 100, 112, 127, 128, 129, 200, 250}) {
    for (const int nodes : {2, 5, 17, 64}) {
      const std::int32_t tier = tiers()[static_cast<std::size_t>(random.below(static_cast<int>(tiers().size())))];
      TinyModel model(w, 1 + random.below(3), tier);
      const std::vector<std::int32_t> prompt = random_tokens(base, shape.vocabulary, static_cast<std::uint64_t>(base));
      const Tree tree = random_tree(nodes, shape.vocabulary, random);
      Sequence s = model.sequence(base + 70);
      model.feed(s, prompt, 60);
      const Logits verified = model.pass({{&s, tree.tokens, tree.parent}});
      for (int sample = 0; sample < 3; ++sample) {
        const std::int32_t leaf = sample == 0 ? nodes - 1 : random.below(nodes);
        const std::vector<std::int32_t> path = tree.path(leaf);
        Sequence plain = model.sequence(base + 70);
        model.feed(plain, prompt, 64);
        for (const std::int32_t node : path) {
          const std::size_t i = static_cast<std::size_t>(node);
          if (!same_logits({verified[i]}, model.pass({{&plain, {tree.tokens[i]}}}))) return;
        }
        model.release(plain);
      }
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(a_committed_path_goes_on_as_plain_decoding_would) {
  const TinyWeights w(shape_of(kv), 23);
  Random random(24);
  for (const int base : {0, 3, 15, 16, 31, 120, 127, 128}) {
    TinyModel model(w, 2, best_tier());
    Sequence s = model.sequence(base + 200);
    Sequence plain = model.sequence(base + 200);
    const std::vector<std::int32_t> prompt = random_tokens(base, w.shape.vocabulary, 31);
    model.feed(s, prompt, 300);
    model.feed(plain, prompt, 300);
    for (int round = 0; round < 5; ++round) {
      const Tree tree = random_tree(2 + random.below(20), w.shape.vocabulary, random);
      model.pass({{&s, tree.tokens, tree.parent}});
      const std::vector<std::int32_t> path = tree.path(random.below(static_cast<int>(tree.tokens.size())));
      model.commit(s, path);
      for (const std::int32_t node : path) model.pass({{&plain, {tree.tokens[static_cast<std::size_t>(node)]}}});
      CHECK_EQ(s.committed, plain.committed);
      const std::int32_t next = random.below(w.shape.vocabulary);
      if (!same_logits(model.pass({{&s, {next}}}), model.pass({{&plain, {next}}}))) return;
    }
  }
}

TEST_FOR_EACH_KV_FORMAT(trees_and_chains_share_a_batch) {
  const TinyWeights w(shape_of(kv), 25);
  Random random(26);
  TinyModel model(w, 2, best_tier());
  const std::vector<std::int32_t> prompt = random_tokens(140, w.shape.vocabulary, 27);
  std::vector<Sequence> together, alone;
  std::vector<Tree> trees;
  for (int i = 0; i < 4; ++i) {
    together.push_back(model.sequence(220));
    alone.push_back(model.sequence(220));
    trees.push_back(random_tree(i == 3 ? 40 : 9, w.shape.vocabulary, random));
    const std::vector<std::int32_t> begin(prompt.begin(), prompt.begin() + 130 + i);
    model.feed(together.back(), begin, 130);
    model.feed(alone.back(), begin, 130);
  }
  const std::vector<std::int32_t> chain = random_tokens(50, w.shape.vocabulary, 28);
  const auto rows = [&](std::vector<Sequence>& s, std::size_t i) {
    return i == 1 ? Rows{&s[i], chain} : Rows{&s[i], trees[i].tokens, trees[i].parent};
  };
  std::vector<Rows> all;
  Logits single;
  for (std::size_t i = 0; i < 4; ++i) {
    all.push_back(rows(together, i));
    const Logits own = model.pass({rows(alone, i)});
    single.insert(single.end(), own.begin(), own.end());
  }
  same_logits(model.pass(all), single);
}

TEST_FOR_EACH_KV_FORMAT(a_tree_in_the_form_of_a_chain_is_a_chain) {
  const TinyWeights w(shape_of(kv), 29);
  TinyModel model(w, 2, best_tier());
  Sequence a = model.sequence(300);
  Sequence b = model.sequence(300);
  const std::vector<std::int32_t> prompt = random_tokens(125, w.shape.vocabulary, 30);
  model.feed(a, prompt, 300);
  model.feed(b, prompt, 300);
  const std::vector<std::int32_t> tokens = random_tokens(10, w.shape.vocabulary, 31);
  same_logits(model.pass({{&a, tokens, {-1, 0, 1, 2, 3, 4, 5, 6, 7, 8}}}), model.feed(b, tokens, 1));
}

}  // namespace headrace::test
