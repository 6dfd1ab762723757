// The decoder of tiny_model.h as plain loops of the law, one token after the other.
#include <cmath>

#include "cpu/attention/reference.h"
#include "cpu/exp/reference.h"
#include "cpu/half/half.h"
#include "cpu/matmul/matmul.h"
#include "cpu/quantise/quantise.h"
#include "cpu/rms_norm/reference.h"
#include "cpu/rope/reference.h"
#include "test/check.h"
#include "test/tiny_model.h"

namespace headrace::test {
namespace {

std::size_t count(std::int64_t n) { return static_cast<std::size_t>(n); }

// matrix * x for one row: quantised by the law where the format wants it.
std::vector<float> product(const hr_matrix& m, const std::vector<float>& x, Planes planes) {
  const FormatTraits* traits = format_traits(m.format);
  std::vector<float> out(count(m.rows));
  std::vector<std::int8_t> q(count(m.columns) * static_cast<std::size_t>(planes));
  std::vector<float> scale(count(m.columns / 32 + 1)), sum(scale.size());
  std::vector<std::int32_t> negsum(scale.size());
  const QuantisedGroup group{q.data(), scale.data(), sum.data(), negsum.data(), 1};
  if (traits->quantised_activations) quantise_row(HR_TIER_SCALAR, planes)(x.data(), m.columns, group, 0);
  for (std::int64_t t = 0; t * 16 < m.rows; ++t) {
    alignas(64) float tile[16];
    const std::byte* packed = static_cast<const std::byte*>(m.packed) + count(t) * traits->tile_bytes(m.columns);
    if (traits->quantised_activations) {
      quantised_tile(HR_TIER_SCALAR, m.format, 1, planes)(packed, m.columns, group, 0, tile);
    } else {
      float_tile(HR_TIER_SCALAR, m.format, 1)(packed, m.columns, {x.data(), m.columns}, 0, tile);
    }
    for (std::int64_t n = 0; n < 16 && t * 16 + n < m.rows; ++n) out[count(t * 16 + n)] = tile[n];
  }
  return out;
}

std::vector<float> plus(std::vector<float> x, const std::vector<float>& bias) {
  for (std::size_t i = 0; i < bias.size(); ++i) x[i] = x[i] + bias[i];
  return x;
}

std::vector<float> normed(const std::vector<float>& x, const std::vector<float>& w) {
  std::vector<float> y(x.size());
  reference::rms_norm(x.data(), w.data(), static_cast<long>(x.size()), 1e-5f, y.data());
  return y;
}

}  // namespace

Logits plain_logits(const TinyWeights& w, const std::vector<std::int32_t>& tokens) {
  const TinyShape& s = w.shape;
  const int dim = s.head_dim;
  const Planes planes = s.activations == HR_BUFFER_Q16 ? Planes::kTwo : Planes::kOne;
  const bool pairs = s.kv_format == HR_KV_BF16;
  const auto kept = [pairs](float x) {
    return pairs ? from_pair_half(to_pair_half(x)) : half_to_float(float_to_half(x));
  };
  const auto attend = pairs ? reference::attention_of_pairs : reference::attention;
  // [layer][kv head]: tokens x head_dim
  std::vector<std::vector<std::vector<float>>> keys(count(s.layers),
                                                    std::vector<std::vector<float>>(count(s.kv_heads)));
  std::vector<std::vector<std::vector<float>>> values = keys;
  Logits all;
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    const float* cos = w.cos.data() + t * count(dim / 2);
    const float* sin = w.sin.data() + t * count(dim / 2);
    std::vector<float> x(count(s.dim));
    CHECK_EQ(hr_matrix_row(s.head_format, s.vocabulary, s.dim, w.embedding.matrix.packed, tokens[t], x.data()), HR_OK);
    for (std::size_t i = 0; i < w.layers.size(); ++i) {
      const TinyWeights::Layer& l = w.layers[i];
      const std::vector<float> in = normed(x, l.attention_norm);
      std::vector<float> q = plus(product(l.q.matrix, in, planes), l.q_bias);
      std::vector<float> k = plus(product(l.k.matrix, in, planes), l.k_bias);
      const std::vector<float> v = plus(product(l.v.matrix, in, planes), l.v_bias);
      const auto turn = [&](float* head, const std::vector<float>& norm) {
        if (!norm.empty()) reference::rms_norm(head, norm.data(), dim, 1e-5f, head);
        reference::rope(head, dim, s.rope_kind == HR_ROPE_HALVES, cos, sin);
      };
      for (int h = 0; h < s.kv_heads; ++h) {
        turn(k.data() + h * dim, l.k_norm);
        for (int d = 0; d < dim; ++d) {
          keys[i][count(h)].push_back(kept(k[count(h * dim + d)]));
          values[i][count(h)].push_back(kept(v[count(h * dim + d)]));
        }
      }
      std::vector<float> attended(count(s.heads * dim));
      for (int h = 0; h < s.heads; ++h) {
        float* head = q.data() + h * dim;
        turn(head, l.q_norm);
        for (int d = 0; d < dim; ++d) head[d] = head[d] * (1.0f / std::sqrt(static_cast<float>(dim)));
        const std::size_t kv = count(h / (s.heads / s.kv_heads));
        attend(head, keys[i][kv].data(), values[i][kv].data(), static_cast<int>(t) + 1, dim,
                             attended.data() + h * dim);
      }
      x = plus(std::move(x), product(l.o.matrix, attended, planes));
      const std::vector<float> ffn = normed(x, l.ffn_norm);
      std::vector<float> g = product(l.gate.matrix, ffn, planes);
      const std::vector<float> u = product(l.up.matrix, ffn, planes);
      for (std::size_t j = 0; j < g.size(); ++j) g[j] = reference::silu(g[j]) * u[j];
      x = plus(std::move(x), product(l.down.matrix, g, planes));
    }
    all.push_back(product(w.head.matrix, normed(x, w.final_norm), planes));
  }
  return all;
}

}  // namespace headrace::test
