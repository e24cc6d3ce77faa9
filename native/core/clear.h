// Forgetting what a call left in its stack frame and in registers.
#ifndef TRACEVAR_CORE_CLEAR_H
#define TRACEVAR_CORE_CLEAR_H

#include "secret.h"

// On a function: registers that a caller does not expect to be kept are zero on return. gcc 11 and clang 15 have it.
// Both look at the registers this function itself uses, so the function also has to do the secret work or, if it calls
// others for that, to name the registers of a vector kernel below.
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#define TRACEVAR_CLEAR_REGISTERS __attribute__((zero_call_used_regs("used")))
#endif
#endif
#ifndef TRACEVAR_CLEAR_REGISTERS
#define TRACEVAR_CLEAR_REGISTERS
#endif

namespace tracevar {

// Overwrites kBytes of the stack below the caller's frame, where the functions it has called kept their variables and
// spilled values. Those must have been real calls (noinline), and kBytes no less than the depth they reached.
template <size_t kBytes>
__attribute__((noinline)) static void wipe_stack_below() noexcept {
  uint8_t area[kBytes];
  wipe(area, sizeof area);
}

}  // namespace tracevar

#endif
