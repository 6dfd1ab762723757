// One token chosen out of one row: adjustments, filters and the draw, in one visit.
//
// Adjust  In place, in the order biases, repetition, occurrences; only what is listed is touched, the peaks of its spans
//         are found again, and everything is put back before the choice returns. A row is one choice's at a time.
// Filter  The k-th largest peak bounds what can be among the k largest logits, and a floor what can weigh anything, so few
//         spans are read. What is left is weighed (weigh.h), cut (nucleus.h), and drawn from by the sums of its spans. Where
//         nothing bounds the choice the whole row is weighed instead.
// Bits    Weights are integers and everything else compares, so neither way, tier nor company changes what is chosen.
#pragma once
#include <cstddef>
#include <cstdint>

#include "cpu/dispatch/row_kernels.h"
#include "headrace/kernels.h"

namespace headrace {

// Memory that one choice at a time works in.
std::size_t choose_bytes(long count) noexcept;

// Whether a choice out of rows of `count` logits can be made.
bool choice_is_sound(const hr_choice& choice, long count) noexcept;

// The token chosen, or HR_NO_NUMBERS, HR_NO_TOKEN. memory: choose_bytes(count), aligned to 64.
std::int32_t choose(const RowKernels& kernels, const hr_choice& choice, long count, std::byte* memory) noexcept;

}  // namespace headrace
