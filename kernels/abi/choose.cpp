#include "cpu/choose/choose.h"

#include <atomic>
#include <new>

#include "abi/team.h"

namespace {

bool is_row(std::int64_t count) { return count >= 1 && count <= HR_MOST_WEIGHED; }

static_assert(sizeof(hr_choice) == 96, "as Choices.java lays it out");

struct Choosing {
  const headrace::RowKernels& kernels;
  hr_choice* choice;
  std::int32_t choices;
  long count;
  std::byte* scratch;
  std::atomic<std::int32_t> taken{0};
};

void choose_some(void* context, int member) noexcept {
  Choosing& all = *static_cast<Choosing*>(context);
  std::byte* const memory = all.scratch + headrace::choose_bytes(all.count) * static_cast<std::size_t>(member);
  for (;;) {
    const std::int32_t i = all.taken.fetch_add(1, std::memory_order_relaxed);
    if (i >= all.choices) return;
    all.choice[i].token = headrace::choose(all.kernels, all.choice[i], all.count, memory);
  }
}

// A plain greedy choice takes less time than calling another member.
bool is_work(const hr_choice& choice) { return choice.inverse > 0.0f || choice.biases > 0 || choice.seens > 0; }

}  // namespace

extern "C" int64_t hr_choose_bytes(const hr_team* team, int64_t count) {
  if (team == nullptr) return -HR_NULL_POINTER;
  if (!is_row(count)) return -HR_BAD_SHAPE;
  return static_cast<std::int64_t>(headrace::choose_bytes(static_cast<long>(count))) * team->team.size();
}

extern "C" hr_status hr_choose(hr_team* team, int64_t count, int32_t choices, hr_choice* choice, void* scratch) {
  if (team == nullptr || choice == nullptr || scratch == nullptr) return HR_NULL_POINTER;
  if (!is_row(count) || choices < 0 || reinterpret_cast<std::uintptr_t>(scratch) % 64 != 0) return HR_BAD_SHAPE;
  int work = 0;
  for (std::int32_t i = 0; i < choices; ++i) {
    const hr_choice& c = choice[i];
    if (c.logits == nullptr || c.peaks == nullptr) return HR_NULL_POINTER;
    if (c.biases > 0 && (c.bias_token == nullptr || c.bias == nullptr)) return HR_NULL_POINTER;
    if (c.seens > 0 && (c.seen_token == nullptr || c.seen == nullptr)) return HR_NULL_POINTER;
    if (!headrace::choice_is_sound(c, static_cast<long>(count))) return HR_BAD_SHAPE;
    work += is_work(c) ? 1 : 0;
  }
  Choosing all{headrace::row_kernels(team->team.tier()), choice, choices, static_cast<long>(count),
               static_cast<std::byte*>(scratch)};
  if (work > 1) team->team.run_as_pass(choose_some, &all);
  else choose_some(&all, 0);
  return HR_OK;
}
