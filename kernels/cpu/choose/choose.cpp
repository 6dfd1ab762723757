#include "cpu/choose/choose.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace headrace {
namespace {

constexpr float kNothing = -std::numeric_limits<float>::infinity();
constexpr float kMost = std::numeric_limits<float>::max();

// Reading one span out of so many, and weighing what reaches the floor, is faster than weighing the whole row.
constexpr long kFew = 16;

long spans_of(long count) noexcept { return (count + kSpan - 1) / kSpan; }

// Parts of a choice's memory, each on its own cache lines.
struct Memory {
  explicit Memory(long count) noexcept : n(static_cast<std::size_t>(count)), spans(static_cast<std::size_t>(spans_of(count))) {}

  template <class T>
  T* part(std::byte* base, std::size_t length) noexcept {
    T* const at = reinterpret_cast<T*>(base + used);
    used += (length * sizeof(T) + 63) / 64 * 64;
    return at;
  }

  void lay(std::byte* base) noexcept {
    before = part<float>(base, 3 * n);
    peaks = part<float>(base, spans);
    tops = part<float>(base, spans / kSpan + 1);
    some = part<float>(base, n);
    weights = part<float>(base, n);
    ids = part<std::int32_t>(base, n + 1);
    work = part<std::int32_t>(base, n);
    sums = part<std::int64_t>(base, spans);
    lowered = part<std::uint8_t>(base, spans);
  }

  std::size_t n;
  std::size_t spans;
  std::size_t used = 0;
  float* before = nullptr;         // adjusted logits as they were, in the order of adjustment
  float* peaks = nullptr;          // of the adjusted row
  float* tops = nullptr;           // peaks of the peaks
  float* some = nullptr;           // logits of candidates
  float* weights = nullptr;
  std::int32_t* ids = nullptr;     // of candidates, ascending
  std::int32_t* work = nullptr;
  std::int64_t* sums = nullptr;
  std::uint8_t* lowered = nullptr;  // spans whose peak may have sunk
};

class Choice {
 public:
  Choice(const RowKernels& kernels, const hr_choice& how, long count, std::byte* base) noexcept
      : kernels_(kernels), how_(how), count_(count), spans_(spans_of(count)), memory_(count), peaks_(how.peaks) {
    memory_.lay(base);
  }

  std::int32_t token() noexcept {
    kernels_.peaks(peaks_, spans_, memory_.tops);
    for (long i = 0; i < spans_of(spans_); ++i) {
      if (memory_.tops[i] != memory_.tops[i]) return HR_NO_NUMBERS;
    }
    if (how_.biases == 0 && how_.seens == 0) return chosen();
    adjust();
    const std::int32_t token = chosen();
    put_back();
    return token;
  }

 private:
  bool is_token(std::int32_t token) const noexcept { return token >= 0 && token < count_; }

  long span_end(long span) const noexcept { return std::min((span + 1) * kSpan, count_); }

  void adjust() noexcept {
    std::copy(peaks_, peaks_ + spans_, memory_.peaks);
    std::fill(memory_.lowered, memory_.lowered + spans_, std::uint8_t{0});
    float* before = memory_.before;
    const auto put = [&](std::int32_t token, float value) {
      const long span = token / kSpan;
      const float old = how_.logits[token];
      *before++ = old;
      how_.logits[token] = value;
      float& peak = memory_.peaks[span];
      if (value > peak) peak = value;
      else if (old >= peak) memory_.lowered[span] = 1;
    };
    for (std::int32_t i = 0; i < how_.biases; ++i) {
      const std::int32_t token = how_.bias_token[i];
      if (is_token(token)) put(token, how_.logits[token] + how_.bias[i]);
    }
    const bool repeated = how_.repetition != 1.0f;
    const bool occurred = how_.frequency != 0.0f || how_.presence != 0.0f;
    for (std::int32_t i = 0; i < how_.seens; ++i) {
      const std::int32_t token = how_.seen_token[i];
      const std::int32_t seen = how_.seen[i];
      if (!is_token(token) || seen == 0) continue;
      float value = how_.logits[token];
      // A tiny penalty must not make an infinity of a finite logit.
      if (repeated) value = value > 0.0f ? std::min(value / how_.repetition, kMost) : value * how_.repetition;
      if (occurred && seen > 1) value -= how_.frequency * static_cast<float>(seen >> 1) + how_.presence;
      put(token, value);
    }
    for (long span = 0; span < spans_; ++span) {
      if (memory_.lowered[span] == 0) continue;
      const long first = span * kSpan;
      memory_.peaks[span] = kernels_.greatest(how_.logits + first, span_end(span) - first);
    }
    peaks_ = memory_.peaks;
    for (long i = 0; i < spans_of(spans_); ++i) {
      memory_.tops[i] = kernels_.greatest(peaks_ + i * kSpan, std::min<long>(kSpan, spans_ - i * kSpan));
    }
  }

  // Backwards, for a token may have been adjusted more than once.
  void put_back() noexcept {
    const float* before = memory_.before;
    for (std::int32_t i = 0; i < how_.biases; ++i) before += is_token(how_.bias_token[i]) ? 1 : 0;
    for (std::int32_t i = 0; i < how_.seens; ++i) before += is_token(how_.seen_token[i]) && how_.seen[i] != 0 ? 1 : 0;
    for (std::int32_t i = how_.seens - 1; i >= 0; --i) {
      if (is_token(how_.seen_token[i]) && how_.seen[i] != 0) how_.logits[how_.seen_token[i]] = *--before;
    }
    for (std::int32_t i = how_.biases - 1; i >= 0; --i) {
      if (is_token(how_.bias_token[i])) how_.logits[how_.bias_token[i]] = *--before;
    }
  }

  std::int32_t chosen() noexcept {
    const float largest = *std::max_element(memory_.tops, memory_.tops + spans_of(spans_));
    if (largest == kNothing) return HR_NO_TOKEN;
    return how_.inverse == 0.0f ? first(largest) : drawn(largest);
  }

  // The lowest token with the largest logit.
  std::int32_t first(float largest) const noexcept {
    long top = 0;
    while (memory_.tops[top] != largest) ++top;
    long span = top * kSpan;
    while (peaks_[span] != largest) ++span;
    long token = span * kSpan;
    while (how_.logits[token] != largest) ++token;
    return static_cast<std::int32_t>(token);
  }

  std::int32_t drawn(float largest) noexcept {
    const Weighing weighing{largest, how_.inverse, how_.least};
    // Below it nothing weighs `least`; lower than it had to be, for rounding.
    const double exponent = std::min(0.0, std::log(how_.least * 0x1p-40)) * 1.001 - 0.1;
    const float below = static_cast<float>(largest + exponent / how_.inverse) - std::fabs(largest) * 1e-6f;
    const float floor = std::max(below, -kMost);
    if (how_.top_k > 0) {
      const long kept = keep_largest(gather(std::max(floor, bound())));
      return memory_.ids[draw(memory_.some, kept, weighing)];
    }
    long reaching = 0;
    for (long span = 0; span < spans_; ++span) reaching += peaks_[span] >= floor ? 1 : 0;
    if (reaching * kFew > spans_) return static_cast<std::int32_t>(draw(how_.logits, count_, weighing));
    return memory_.ids[draw(memory_.some, gather(floor), weighing)];
  }

  // No logit below it is among the k largest: the k-th largest peak, since k spans hold a logit that large.
  float bound() noexcept {
    if (how_.top_k >= spans_) return -kMost;
    float* const sorted = memory_.weights;
    std::copy(peaks_, peaks_ + spans_, sorted);
    float* const kth = sorted + (how_.top_k - 1);
    std::nth_element(sorted, kth, sorted + spans_, [](float a, float b) { return a > b; });
    return *kth;
  }

  // Makes candidates of all tokens with a logit of at least `least`; how many.
  long gather(float least) noexcept {
    std::int32_t* const ids = memory_.ids;
    long kept = 0;
    for (long span = 0; span < spans_; ++span) {
      if (!(peaks_[span] >= least)) continue;
      // Without a branch: which of neighbouring tokens pass is as good as random.
      for (long id = span * kSpan; id < span_end(span); ++id) {
        ids[kept] = static_cast<std::int32_t>(id);
        kept += how_.logits[id] >= least ? 1 : 0;
      }
    }
    for (long i = 0; i < kept; ++i) memory_.some[i] = how_.logits[ids[i]];
    return kept;
  }

  // Of `count` candidates the k with the largest logits, of equal ones the lower ids; how many are left.
  long keep_largest(long count) noexcept {
    if (count <= how_.top_k) return count;
    float* const some = memory_.some;
    float* const sorted = memory_.weights;
    std::copy(some, some + count, sorted);
    float* const kth = sorted + (how_.top_k - 1);
    std::nth_element(sorted, kth, sorted + count, [](float a, float b) { return a > b; });
    const float least = *kth;
    long equal = how_.top_k;
    for (long i = 0; i < count; ++i) equal -= some[i] > least ? 1 : 0;
    long kept = 0;
    for (long i = 0; i < count; ++i) {
      if (some[i] < least || (some[i] == least && equal-- <= 0)) continue;
      some[kept] = some[i];
      memory_.ids[kept++] = memory_.ids[i];
    }
    return kept;
  }

  // The entry of x[0 .. n) at which the running sum of the weights that are kept first exceeds u times their total.
  long draw(const float* x, long n, const Weighing& weighing) noexcept {
    float* const w = memory_.weights;
    std::int64_t* const sums = memory_.sums;
    kernels_.weigh(x, n, weighing, w, sums);
    std::int64_t total = 0;
    for (long span = 0; span < spans_of(n); ++span) total += sums[span];
    Nucleus kept{0.0f, static_cast<std::int32_t>(n), total};
    if (how_.top_p < 1.0f) {
      const double share = std::ceil(static_cast<double>(how_.top_p) * static_cast<double>(total));
      const std::int64_t needed = std::clamp<std::int64_t>(static_cast<std::int64_t>(share), 1, total);
      kept = kernels_.cut_nucleus(w, n, total, needed, sums, memory_.work);
    }
    const std::int64_t target =
        std::min(static_cast<std::int64_t>(how_.u * static_cast<double>(kept.mass)), kept.mass - 1);
    std::int64_t sum = 0;
    long span = 0;
    while (sum + sums[span] <= target) sum += sums[span++];
    for (long i = span * kSpan;; ++i) {
      if (w[i] > kept.least || (w[i] == kept.least && i <= kept.last)) sum += static_cast<std::int64_t>(w[i]);
      if (sum > target) return i;
    }
  }

  const RowKernels& kernels_;
  const hr_choice& how_;
  const long count_;
  const long spans_;
  Memory memory_;
  const float* peaks_;
};

}  // namespace

std::size_t choose_bytes(long count) noexcept {
  Memory memory(count);
  memory.lay(nullptr);
  return memory.used;
}

bool choice_is_sound(const hr_choice& c, long count) noexcept {
  if (c.biases < 0 || c.seens < 0 || std::int64_t{c.biases} + c.seens > 3 * std::int64_t{count}) return false;
  if (!(c.repetition > 0.0f) || !std::isfinite(c.repetition) || !std::isfinite(c.frequency) || !std::isfinite(c.presence))
    return false;
  if (c.inverse == 0.0f) return true;
  return c.inverse > 0.0f && std::isfinite(c.inverse) && c.least >= 1.0f && c.least <= 0x1p40f && c.top_p > 0.0f &&
         c.top_p <= 1.0f && c.top_k >= 0 && c.u >= 0.0 && c.u < 1.0;
}

std::int32_t choose(const RowKernels& kernels, const hr_choice& choice, long count, std::byte* memory) noexcept {
  return Choice(kernels, choice, count, memory).token();
}

}  // namespace headrace
