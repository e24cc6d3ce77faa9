// What constant-time code leaves behind, and how it goes: the stack below a call, and call-clobbered registers.
#ifndef TRACEVAR_CORE_CLEAR_H
#define TRACEVAR_CORE_CLEAR_H

#include "secret.h"

// Before a function: on return it clears the registers that it used. gcc 11 and clang 15 can.
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#define TRACEVAR_CLEAR_REGISTERS __attribute__((zero_call_used_regs("used")))
#endif
#endif
#ifndef TRACEVAR_CLEAR_REGISTERS
#define TRACEVAR_CLEAR_REGISTERS
#endif

namespace tracevar {

// Zeros kBytes of the stack below the caller's frame, where the functions that it called had theirs.
template <size_t kBytes>
[[gnu::noinline]] static void wipe_stack_below() noexcept {
  uint8_t area[kBytes];
  wipe(area, sizeof area);
}

}  // namespace tracevar

#endif
