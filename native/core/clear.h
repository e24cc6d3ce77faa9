// Forgetting what a call left in its stack frame and in registers.
#ifndef TRACEVAR_CORE_CLEAR_H
#define TRACEVAR_CORE_CLEAR_H

#include "secret.h"

// On a function: registers that it uses and a caller does not expect to be kept are zero on return. gcc 11 and clang 15
// can do that. What the functions it calls leave in vector registers is for TRACEVAR_CLEAR_YMM and _ZMM below.
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#define TRACEVAR_CLEAR_REGISTERS __attribute__((zero_call_used_regs("used")))
// The same for all general registers, used or not, but for the one with the result.
#define TRACEVAR_CLEAR_GENERAL_REGISTERS __attribute__((zero_call_used_regs("all-gpr")))
#endif
#endif
#ifndef TRACEVAR_CLEAR_REGISTERS
#define TRACEVAR_CLEAR_REGISTERS
#define TRACEVAR_CLEAR_GENERAL_REGISTERS
#endif

#if defined(__x86_64__)

// As last statement of such a function of a kernel with AVX2, or AVX-512: zeroes all vector registers, and has the
// attribute zero the others.
#define TRACEVAR_CLOBBER_YMM                                                                                        \
  "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", \
      "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"
#define TRACEVAR_CLEAR_YMM() __asm__ volatile("vzeroall" : : : TRACEVAR_CLOBBER_YMM)
#define TRACEVAR_CLEAR_ZMM()                                                                                          \
  __asm__ volatile(                                                                                                   \
      "vzeroall\n\t"                                                                                                  \
      ".irp n,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"                                                    \
      "vpxord %%zmm\\n, %%zmm\\n, %%zmm\\n\n\t"                                                                       \
      ".endr\n\t"                                                                                                     \
      ".irp n,0,1,2,3,4,5,6,7\n\t"                                                                                    \
      "kxorw %%k\\n, %%k\\n, %%k\\n\n\t"                                                                             \
      ".endr"                                                                                                         \
      :                                                                                                               \
      :                                                                                                               \
      : TRACEVAR_CLOBBER_YMM, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24",        \
        "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7")

#endif

namespace tracevar {

// Overwrites kBytes of the stack below the caller's frame, where the functions it has called kept their variables and
// spilled values. Those must have been real calls (noinline), and kBytes no less than the depth they reached.
template <size_t kBytes>
__attribute__((noinline)) static void wipe_stack_below() noexcept {
  uint8_t area[kBytes];
  wipe(area, sizeof area);
}

// Zeroes every vector register that a function may leave changed, whichever kernel or libc function used it last.
void clear_vector_registers() noexcept;

}  // namespace tracevar

#endif
