#include <atomic>
#include <cstddef>

#include "abi/team.h"
#include "cpu/matmul/matmul.h"
#include "cpu/team/splitter.h"

namespace {

using headrace::FormatTraits;

constexpr std::int64_t kMostValues = std::int64_t{1} << 40;

hr_status check(std::int32_t format, std::int64_t rows, std::int64_t columns) {
  const FormatTraits* traits = headrace::format_traits(format);
  if (traits == nullptr) return HR_BAD_FORMAT;
  if (rows <= 0 || columns <= 0 || columns % traits->block_weights != 0 || columns > kMostValues / rows ||
      rows > INT32_MAX - 15) {
    return HR_BAD_SHAPE;
  }
  return HR_OK;
}

struct Packing {
  headrace::Team* team;
  const FormatTraits* traits;
  std::int64_t rows;
  std::int64_t columns;
  const std::byte* source;
  std::byte* packed;
  headrace::Counter counters[headrace::Team::kMaxThreads];
};

void pack_share(void* context, int member) noexcept {
  Packing& p = *static_cast<Packing*>(context);
  const std::int64_t row_bytes = p.columns / p.traits->block_weights * p.traits->block_bytes;
  const std::size_t tile_bytes = p.traits->tile_bytes(p.columns);
  const int tiles = static_cast<int>((p.rows + 15) / 16);
  headrace::split(p.counters, p.team->size(), member, tiles, 4, [&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      const void* row[16];
      for (int n = 0; n < 16; ++n) {
        const std::int64_t r = std::int64_t{t} * 16 + n;
        row[n] = r < p.rows ? p.source + r * row_bytes : nullptr;
      }
      p.traits->pack_tile(row, p.columns, p.packed + static_cast<std::size_t>(t) * tile_bytes);
    }
  });
}

}  // namespace

extern "C" int64_t hr_matrix_bytes(int32_t format, int64_t rows, int64_t columns) {
  if (const hr_status status = check(format, rows, columns); status != HR_OK) return -status;
  return (rows + 15) / 16 * static_cast<std::int64_t>(headrace::format_traits(format)->tile_bytes(columns));
}

extern "C" hr_status hr_matrix_pack(hr_team* team, int32_t format, int64_t rows, int64_t columns, const void* source,
                                    void* packed) {
  if (team == nullptr || source == nullptr || packed == nullptr) return HR_NULL_POINTER;
  if (const hr_status status = check(format, rows, columns); status != HR_OK) return status;
  if (reinterpret_cast<std::uintptr_t>(packed) % 64 != 0) return HR_BAD_SHAPE;
  Packing packing{&team->team, headrace::format_traits(format),       rows,
                  columns,     static_cast<const std::byte*>(source), static_cast<std::byte*>(packed),
                  {}};
  team->team.run(pack_share, &packing);
  return HR_OK;
}

extern "C" hr_status hr_matrix_row(int32_t format, int64_t rows, int64_t columns, const void* packed, int64_t row,
                                   float* out) {
  if (packed == nullptr || out == nullptr) return HR_NULL_POINTER;
  if (const hr_status status = check(format, rows, columns); status != HR_OK) return status;
  if (row < 0 || row >= rows) return HR_BAD_SHAPE;
  const FormatTraits* traits = headrace::format_traits(format);
  const std::byte* tile =
      static_cast<const std::byte*>(packed) + static_cast<std::size_t>(row / 16) * traits->tile_bytes(columns);
  traits->decode_row(tile, columns, static_cast<int>(row % 16), out);
  return HR_OK;
}
