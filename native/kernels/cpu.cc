#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace tracevar {

namespace {

constexpr const char* kNames[] = {"sha_ni", "avx2", "avx512", "avx512_ifma", "arm_sha2"};

#if defined(__x86_64__)

constexpr bool has(unsigned word, int bit) noexcept { return (word >> bit & 1) != 0; }

// XCR0: which registers the system saves. Only where CPUID says OSXSAVE.
uint64_t saved_state() noexcept {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

#endif

}  // namespace

uint32_t cpu_facts() noexcept {
  uint32_t facts = 0;
#if defined(__x86_64__)
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return 0;
  const bool sse = has(c, 9) && has(c, 19);  // SSSE3, SSE4.1
  const uint64_t saved = has(c, 27) ? saved_state() : 0;
  const bool avx = has(c, 28) && has(c, 12);  // AVX, FMA
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return 0;
  if (sse && has(b, 29)) facts |= kCpuShaNi;
  const bool ymm = avx && (saved & 0x06) == 0x06;
  if (ymm && has(b, 5) && has(b, 8)) facts |= kCpuAvx2;
  const bool zmm = ymm && (saved & 0xe6) == 0xe6;
  if (zmm && has(b, 16) && has(b, 17) && has(b, 30) && has(b, 31)) facts |= kCpuAvx512;
  if ((facts & kCpuAvx512) != 0 && has(b, 21) && has(c, 1)) facts |= kCpuAvx512Ifma;
#elif defined(__aarch64__) && defined(__linux__)
  constexpr unsigned long kHwcapSha2 = 1ul << 6;  // asm/hwcap.h
  if ((getauxval(AT_HWCAP) & kHwcapSha2) != 0) facts |= kCpuArmSha2;
#endif
  return facts;
}

const char* cpu_fact_name(unsigned bit) noexcept {
  return bit < sizeof kNames / sizeof kNames[0] ? kNames[bit] : nullptr;
}

}  // namespace tracevar
