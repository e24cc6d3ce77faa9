// SHA-256 (FIPS 180-4 6.2), for public data only.
#ifndef TRACEVAR_KERNELS_PORTABLE_SHA256_H
#define TRACEVAR_KERNELS_PORTABLE_SHA256_H

#include "../kernel.h"

namespace tracevar::portable {

void sha256(Bytes message, uint8_t out[32]) noexcept;

// As Kernel.sha256_many.
void sha256_many(const Batch& batch, uint8_t* out) noexcept;

}  // namespace tracevar::portable

#endif
