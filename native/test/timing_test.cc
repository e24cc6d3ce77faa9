// Timing of what valgrind cannot run, after Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?" (2017): two
// classes of secrets, one fixed and one random, take turns at random; Welch's t-test compares their times, whole and
// with the slowest part cut off at several percentiles. |t| above the bound is a leak. The machine may be noisy: a
// function is only accused when three runs in a row say so. Controls that leak must be accused, or the test is blind.
//   timing_test
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "support.h"

namespace tracevar::test {

namespace {

constexpr double kLeakT = 10;
constexpr int kRuns = 3;
constexpr size_t kSamplesMax = 40000;
constexpr double kSecondsMax = 0.7;  // a run
constexpr size_t kLanesTested = 8;
constexpr int kCrops = 12;

using Operation = void (*)(const Kernel& kernel, const uint8_t* secrets, size_t n);

uint64_t g_times[kSamplesMax], g_sorted[kSamplesMax];
uint8_t g_classes[kSamplesMax];
uint8_t g_message[200], g_out[64 * kLanesTested];

uint64_t now() {
#if defined(__x86_64__)
  uint32_t low, high;
  __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
  return uint64_t{high} << 32 | low;
#else
  timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000 + static_cast<uint64_t>(time.tv_nsec);
#endif
}

double seconds() {
  timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Moments {
  double count = 0, mean = 0, squares = 0;
  void add(double x) {
    count++;
    const double delta = x - mean;
    mean += delta / count;
    squares += delta * (x - mean);
  }
};

// Welch's t of the samples below `end`.
double welch(size_t samples, uint64_t end) {
  Moments m[2];
  for (size_t i = 0; i < samples; i++) {
    if (g_times[i] < end) m[g_classes[i]].add(static_cast<double>(g_times[i]));
  }
  if (m[0].count < 100 || m[1].count < 100) return 0;
  const double variance = m[0].squares / (m[0].count - 1) / m[0].count + m[1].squares / (m[1].count - 1) / m[1].count;
  return variance > 0 ? (m[0].mean - m[1].mean) / std::sqrt(variance) : 0;
}

// Largest |t| of one run over all crops.
double run(const Kernel& kernel, Operation operation, size_t n) {
  static uint8_t secrets[32 * kLanesTested];
  const double end = seconds() + kSecondsMax;
  size_t samples = 0;
  while (samples < kSamplesMax && (samples % 64 != 0 || seconds() < end)) {
    const uint64_t word = random_word();
    fill_random(secrets, sizeof secrets);
    for (size_t i = 0; i < n; i++) secrets[32 * i + 31] &= 0x0f;
    // Both classes do the same before the measurement, in the same memory: the fixed one, all zeros, by a mask.
    const auto keep = static_cast<uint8_t>(0 - (word & 1));
    for (uint8_t& byte : secrets) byte &= keep;
    __asm__ volatile("" ::"r"(secrets) : "memory");
    const uint64_t begin = now();
    operation(kernel, secrets, n);
    g_times[samples] = now() - begin;
    g_classes[samples++] = static_cast<uint8_t>(word & 1);
  }
  std::copy_n(g_times, samples, g_sorted);
  std::sort(g_sorted, g_sorted + samples);
  double worst = std::fabs(welch(samples, UINT64_MAX));
  for (int i = 1; i <= kCrops; i++) {  // the crops of the paper: closer together towards the fast end
    const double part = 1 - std::pow(0.5, 10.0 * i / kCrops);
    worst = std::max(worst, std::fabs(welch(samples, g_sorted[static_cast<size_t>(part * static_cast<double>(samples - 1))])));
  }
  return worst;
}

// The smallest of up to kRuns results, each the largest |t| of a run; ends at the first below the bound.
double accuse(const Kernel& kernel, Operation operation, size_t n) {
  double least = INFINITY;
  for (int i = 0; i < kRuns && least >= kLeakT; i++) least = std::min(least, run(kernel, operation, n));
  return least;
}

void multiply_base(const Kernel& kernel, const uint8_t* secrets, size_t n) {
  static uint8_t blinds[16 * kLanesTested];
  blinds[0]++;
  kernel.ed25519->multiply_base_ct(secrets, blinds, n, g_out);
}

void multiply_add(const Kernel& kernel, const uint8_t* secrets, size_t n) {
  const uint8_t* a[kLanesTested];
  for (size_t i = 0; i < n; i++) a[i] = secrets + 32 * i;
  kernel.ed25519->multiply_add_ct(a, secrets, secrets, n, g_out);
}

void reduce(const Kernel& kernel, const uint8_t* secrets, size_t n) {
  static uint8_t wide[64 * kLanesTested];
  for (size_t i = 0; i < n; i++) std::memcpy(wide + 64 * i + 32, secrets + 32 * i, 32);
  kernel.ed25519->reduce_ct(wide, n, g_out);
}

void hash(const Kernel& kernel, const uint8_t* secrets, size_t n) {
  HashItem items[kLanesTested];
  for (size_t i = 0; i < n; i++) items[i] = {secrets + 32 * i, 32, {g_message, sizeof g_message}};
  kernel.sha512_ct(items, n, g_out);
}

// Control: stops at the first byte that is not zero, then hashes; as a comparison that ends early.
void early_exit(const Kernel& kernel, const uint8_t* secrets, size_t n) {
  volatile uint64_t work = 0;
  for (size_t i = 0; i < 32 && secrets[i] == 0; i++) work = work + i;
  hash(kernel, secrets, n);
}

// Control: looks up a table at places that depend on the secret, one cache line each.
void table_index(const Kernel& kernel, const uint8_t* secrets, size_t n) {
  static uint8_t table[256 * 16384];  // beyond the second cache
  for (size_t i = 0; i < 32; i++) {
    const volatile uint8_t* entry = &table[16384 * secrets[i] + 64 * i];
    g_message[i] = *entry;
  }
  hash(kernel, secrets, n);
}

struct Row {
  const char* name;
  Operation operation;
  bool leaks;
};

constexpr Row kRows[] = {
    {"multiply_base_ct", multiply_base, false}, {"reduce_ct", reduce, false}, {"multiply_add_ct", multiply_add, false},
    {"sha512_ct", hash, false}, {"control: early exit", early_exit, true}, {"control: table index", table_index, true},
};

void time_kernel(const Kernel& kernel) {
  for (const Row& row : kRows) {
    for (size_t n : {size_t{1}, kLanesTested}) {
      if (row.leaks && n > 1) continue;
      double t = accuse(kernel, row.operation, n);
      // A control that a noisy machine hid once has two more chances.
      for (int i = 1; row.leaks && t < kLeakT && i < kRuns; i++) t = accuse(kernel, row.operation, n);
      std::printf("  %-20s n = %zu: |t| = %.1f\n", row.name, n, t);
      std::fflush(stdout);
      check((t >= kLeakT) == row.leaks, kernel.name, row.leaks ? "the control is not noticed" : row.name, n);
    }
  }
}

}  // namespace

}  // namespace tracevar::test

int main() {
  tracevar::test::for_each_kernel(tracevar::test::time_kernel);
  return tracevar::test::result("timing_test");
}
