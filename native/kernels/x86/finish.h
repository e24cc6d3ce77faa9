// What the kernels of many lanes take from the others when few messages are left: n messages are hashed from where
// they stand to their digests.
#ifndef TRACEVAR_KERNELS_X86_FINISH_H
#define TRACEVAR_KERNELS_X86_FINISH_H

#include "../message.h"

namespace tracevar::x86 {

// kCpuShaNi. Two at a time: each fills the time in which the other waits for results.
void sha256_finish_shani(Message<uint32_t>* const* messages, size_t n) noexcept;

// kCpuAvx2. One at a time. Constant time; leaves to the caller what it leaves in registers and, in less than 2.5 KiB,
// on the stack.
void sha512_finish_avx2_ct(Message<uint64_t>* const* messages, size_t n) noexcept;

}  // namespace tracevar::x86

#endif
