// Hash functions of the x86 kernels, as Kernel.sha256_many and Kernel.sha512_ct (kernel.h). Each may be called only
// where the CPU facts named with it hold.
#ifndef TRACEVAR_KERNELS_X86_HASH_H
#define TRACEVAR_KERNELS_X86_HASH_H

#include "../kernel.h"

namespace tracevar::x86 {

// kCpuShaNi. Two messages at a time.
void sha256_many_shani(const Batch& batch, uint8_t* out) noexcept;

// kCpuAvx512 and kCpuShaNi, which takes over where few messages are left. Sixteen messages at a time.
void sha256_many_avx512(const Batch& batch, uint8_t* out) noexcept;

// kCpuAvx2. One message, or four at a time.
void sha512_avx2_ct(const HashItem* items, size_t n, uint8_t* out) noexcept;

// kCpuAvx512 and kCpuAvx2. One message, or eight at a time.
void sha512_avx512_ct(const HashItem* items, size_t n, uint8_t* out) noexcept;

}  // namespace tracevar::x86

#endif
