#include "clear.h"

#include <atomic>

#include "../kernels/cpu.h"

namespace tracevar {

#if defined(__x86_64__)

namespace {

constexpr uint32_t kKnown = 1u << 31;

// cpu_facts(), asked for once: in a virtual machine CPUID takes as long as a signature.
std::atomic<uint32_t> g_facts{0};

uint32_t known_facts() noexcept {
  uint32_t facts = g_facts.load(std::memory_order_relaxed);
  if (facts == 0) {
    facts = cpu_facts() | kKnown;
    g_facts.store(facts, std::memory_order_relaxed);
  }
  return facts;
}

[[gnu::target("avx512f")]] void clear_zmm() noexcept { TRACEVAR_CLEAR_ZMM(); }
[[gnu::target("avx")]] void clear_ymm() noexcept { TRACEVAR_CLEAR_YMM(); }

void clear_xmm() noexcept {
  __asm__ volatile(
      ".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n\t"
      "pxor %%xmm\\n, %%xmm\\n\n\t"
      ".endr"
      :
      :
      : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
        "xmm13", "xmm14", "xmm15");
}

}  // namespace

void clear_vector_registers() noexcept {
  const uint32_t facts = known_facts();
  if ((facts & kCpuAvx512) != 0) {
    clear_zmm();
  } else if ((facts & kCpuAvx2) != 0) {
    clear_ymm();
  } else {
    clear_xmm();
  }
}

#elif defined(__aarch64__)

// v8 to v15 have lower halves that the caller keeps values in; every function that uses those restores them.
void clear_vector_registers() noexcept {
  __asm__ volatile(
      ".irp n,0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
      "movi v\\n\\().2d, #0\n\t"
      ".endr"
      :
      :
      : "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
        "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

#else

void clear_vector_registers() noexcept {}

#endif

}  // namespace tracevar
