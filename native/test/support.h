// What the C++ tests share: counting failures, random bytes from a seed, kernels by name.
#ifndef TRACEVAR_TEST_SUPPORT_H
#define TRACEVAR_TEST_SUPPORT_H

#include <cstdio>
#include <cstdlib>

#include "../core/kernel_choice.h"
#include "../kernels/dispatch.h"

namespace tracevar::test {

inline int g_failures = 0;
inline uint64_t g_random = 20250101;

// `detail`: the name of a kernel, or more of what was tested.
inline void check(bool ok, const char* detail, const char* rule, size_t number = 0) {
  if (ok) return;
  std::printf("FAILED: %s: %s (%zu)\n", detail, rule, number);
  g_failures++;
}

// splitmix64
inline uint64_t random_word() {
  uint64_t z = g_random += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

inline void fill_random(uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; i++) bytes[i] = static_cast<uint8_t>(random_word());
}

// Makes every kernel that this machine can run the one in use, one after the other; prints the others.
template <class Test>
void for_each_kernel(Test test) {
  for (const Kernel& kernel : all_kernels()) {
    if (!is_supported(kernel)) {
      std::printf("%s: this machine cannot run it\n", kernel.name);
      continue;
    }
    std::printf("%s\n", kernel.name);
    std::fflush(stdout);
    if (choose_kernel(kernel.name) != Status::kOk) {
      check(false, kernel.name, "the self test fails");
    } else {
      test(kernel);
    }
  }
}

inline int result(const char* name) {
  if (g_failures == 0) std::printf("%s: ok\n", name);
  return g_failures == 0 ? 0 : 1;
}

}  // namespace tracevar::test

#endif
