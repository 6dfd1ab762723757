// Runs every test, or those whose name or file contains one of the arguments. Exit status 1 on any failure.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <vector>

#include "test/check.h"

namespace headrace::test {
namespace {

struct Case {
  const char* name;
  const char* file;
  Body body;
};

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

std::vector<std::string>& notes() {
  static std::vector<std::string> all;
  return all;
}

std::mutex lock;
int failures_of_this_test = 0;

bool chosen(const Case& c, int argc, char** argv) {
  if (argc < 2) return true;
  for (int i = 1; i < argc; ++i) {
    if (std::strstr(c.name, argv[i]) != nullptr || std::strstr(c.file, argv[i]) != nullptr) return true;
  }
  return false;
}

}  // namespace

Registration::Registration(const char* name, const char* file, Body body) { cases().push_back({name, file, body}); }

bool fail(const char* file, int line, const std::string& what) {
  const std::lock_guard<std::mutex> guard(lock);
  if (++failures_of_this_test <= 10) std::printf("%s:%d: %s\n", file, line, what.c_str());
  return false;
}

void note(const std::string& what) {
  const std::lock_guard<std::mutex> guard(lock);
  if (std::find(notes().begin(), notes().end(), what) == notes().end()) notes().push_back(what);
}

}  // namespace headrace::test

int main(int argc, char** argv) {
  using namespace headrace::test;
  std::sort(cases().begin(), cases().end(),
            [](const Case& a, const Case& b) { return std::strcmp(a.name, b.name) < 0; });
  int passed = 0;
  int failed = 0;
  for (const Case& c : cases()) {
    if (!chosen(c, argc, argv)) continue;
    failures_of_this_test = 0;
    const auto start = std::chrono::steady_clock::now();
    c.body();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (failures_of_this_test == 0) {
      ++passed;
      if (seconds > 1.0 || argc > 1) std::printf("ok   %s (%.1f s)\n", c.name, seconds);
    } else {
      ++failed;
      std::printf("FAIL %s: %d failures\n", c.name, failures_of_this_test);
    }
    std::fflush(stdout);
  }
  for (const std::string& n : notes()) std::printf("note: %s\n", n.c_str());
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 && passed > 0 ? 0 : 1;
}
