// The test frame: TEST registers itself, CHECK records a failure with its place and lets the test go on.
//
//   TEST(a_masked_token_adds_nothing) {
//     CHECK(n > 0);
//     CHECK_EQ(n, 16);              // integers, enums, pointers: compared with ==
//     CHECK_BITS(fast[i], law[i]);  // floats: equal bits (any NaN equals any NaN)
//   }
//
// After 10 failures of one test further ones are only counted. CHECK and CHECK_EQ give false on failure, so a loop can
// stop:
//   if (!CHECK_BITS(a, b)) return;
// A test names what it ran on with note("..."), printed at the end (for example the tiers of this machine).
#pragma once
#include <cstdint>
#include <cstring>
#include <sstream>
#include <string>

namespace headrace::test {

using Body = void (*)();

// Registered at static initialisation; run in the order of their names by main.
struct Registration {
  Registration(const char* name, const char* file, Body body);
};

bool fail(const char* file, int line, const std::string& what);
void note(const std::string& what);

inline std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline bool same_bits(float a, float b) { return bits_of(a) == bits_of(b) || (a != a && b != b); }

template <class A, class B>
bool check_equal(const A& a, const B& b, const char* text, const char* file, int line) {
  if (a == b) return true;
  std::ostringstream out;
  out << text << ": " << +a << " != " << +b;
  return fail(file, line, out.str());
}

inline bool check_bits(float a, float b, const char* text, const char* file, int line) {
  if (same_bits(a, b)) return true;
  std::ostringstream out;
  out.precision(9);
  out << text << ": " << a << " (0x" << std::hex << bits_of(a) << ") != " << b << " (0x" << bits_of(b) << ")";
  return fail(file, line, out.str());
}

}  // namespace headrace::test

#define HEADRACE_JOIN2(a, b) a##b
#define HEADRACE_JOIN(a, b) HEADRACE_JOIN2(a, b)
#define TEST(name)                                                                                           \
  static void HEADRACE_JOIN(test_, name)();                                                                  \
  static const headrace::test::Registration HEADRACE_JOIN(registration_, name){#name, __FILE__,              \
                                                                               &HEADRACE_JOIN(test_, name)}; \
  static void HEADRACE_JOIN(test_, name)()

#define CHECK(condition) ((condition) ? true : headrace::test::fail(__FILE__, __LINE__, #condition))
#define CHECK_EQ(a, b) headrace::test::check_equal((a), (b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_BITS(a, b) headrace::test::check_bits((a), (b), #a " == " #b, __FILE__, __LINE__)
