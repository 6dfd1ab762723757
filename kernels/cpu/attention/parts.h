// Rows in parts that micro-kernels take, and their number as a constant.
#pragma once

namespace headrace {

template <int N>
struct Count {
  static constexpr int value = N;
};

// call(Count<rows>), rows in 1 .. R.
template <int R, class Call>
inline void by_count(int rows, Call&& call) noexcept {
  if constexpr (R > 1) {
    if (rows < R) return by_count<R - 1>(rows, call);
  }
  call(Count<R>{});
}

// call(first, count) for rows in as few and as equal parts as possible of at most kMost.
template <int kMost, class Call>
inline void by_parts(int rows, Call&& call) noexcept {
  const int parts = (rows + kMost - 1) / kMost;
  for (int i = 0, first = 0; i < parts; ++i) {
    const int end = rows * (i + 1) / parts;
    call(first, end - first);
    first = end;
  }
}

}  // namespace headrace
