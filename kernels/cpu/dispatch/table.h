// Fills a RowKernels from the templates for one lanes type. Included by the tier files only.
#pragma once
#include "cpu/attention/fold.h"
#include "cpu/attention/half_pages.h"
#include "cpu/attention/pair_pages.h"
#include "cpu/attention/rows.h"
#include "cpu/attention/write.h"
#include "cpu/dispatch/row_kernels.h"
#include "cpu/gate/gate.h"
#include "cpu/peaks/argmax.h"
#include "cpu/peaks/greatest.h"
#include "cpu/peaks/peaks.h"
#include "cpu/rms_norm/rms_norm.h"
#include "cpu/rope/rope.h"
#include "cpu/tile/tile.h"
#include "cpu/weigh/entropy.h"
#include "cpu/weigh/nucleus.h"
#include "cpu/weigh/weigh.h"

namespace headrace {

template <class V>
void to_half_row(const float* x, long n, std::uint16_t* y) noexcept {
  for (long i = 0; i < n; i += 16) V::store_half(y + i, V::load(x + i));
}

template <class V>
void from_half_row(const std::uint16_t* x, long n, float* y) noexcept {
  for (long i = 0; i < n; i += 16) V::store(y + i, V::load_half(x + i));
}

template <class V, class P>
constexpr AttentionKernels attention_table(decltype(AttentionKernels::write) write) noexcept {
  return {write,            partials<V, P>,   pack_rows<P>,  score_rows<V, P>, softmax_rows<V, P>,
          value_rows<V, P>, fold_batch<V>, fold_chunks<V>,   finish<V>};
}

template <class V>
constexpr RowKernels row_table(ProbeKernels probe) noexcept {
  return {exp_row<V>,
          silu_row<V>,
          rms_norm<V>,
          gate<V>,
          {rope_interleaved<V>, rope_halves<V>},
          to_half_row<V>,
          from_half_row<V>,
          store_tile<V>,
          peaks<V>,
          greatest<V>,
          argmax<V>,
          weigh<V>,
          cut_nucleus<V>,
          entropy_sums<V>,
          {attention_table<V, HalfPages<V>>(write_halves<V>), attention_table<V, PairPages<V>>(write_pairs<V>)},
          probe};
}

extern const RowKernels kScalarRows;
extern const RowKernels kAvx2Rows;
extern const RowKernels kAvx512Rows;

}  // namespace headrace
