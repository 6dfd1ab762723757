// What products of two tiles at once share.
#pragma once
#include "cpu/matmul/avx512_formats.h"

namespace headrace::avx512_vnni {
namespace {

// Four activations to all lanes, once for both tiles.
HR_INLINE __m512i four_codes(const std::int8_t* q) noexcept {
  return _mm512_set1_epi32(*reinterpret_cast<const FourCodes*>(q));
}

// As a register: the compiler would fold it into both tiles' instructions.
HR_INLINE __m512 broadcast(const float* value) noexcept {
  __m512 all = _mm512_set1_ps(*value);
  asm("" : "+v"(all));
  return all;
}

}  // namespace
}  // namespace headrace::avx512_vnni
