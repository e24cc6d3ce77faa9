// SHA-512 (FIPS 180-4 6.4), constant time for given lengths.
#ifndef TRACEVAR_KERNELS_PORTABLE_SHA512_CT_H
#define TRACEVAR_KERNELS_PORTABLE_SHA512_CT_H

#include "../kernel.h"

namespace tracevar::portable {

// As Kernel.sha512_ct.
void sha512_ct(const HashItem* items, size_t n, uint8_t* out) noexcept;

}  // namespace tracevar::portable

#endif
