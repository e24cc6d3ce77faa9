// Hash function of the arm64 kernel, as Kernel.sha256_many.
#ifndef TRACEVAR_KERNELS_ARM_HASH_H
#define TRACEVAR_KERNELS_ARM_HASH_H

#include "../kernel.h"

namespace tracevar::arm {

// kCpuArmSha2.
void sha256_many_armv8(const Batch& batch, uint8_t* out) noexcept;

}  // namespace tracevar::arm

#endif
