// What the 16-lane kernel takes from the kernel of the SHA instructions (kCpuShaNi).
#ifndef TRACEVAR_KERNELS_X86_SHANI_H
#define TRACEVAR_KERNELS_X86_SHANI_H

#include "../message.h"

namespace tracevar::x86 {

// Hashes n messages from where they stand to their digests, two at a time: each fills the time in which the other
// waits for results.
void shani_finish(Message<uint32_t>* const* messages, size_t n) noexcept;

}  // namespace tracevar::x86

#endif
