// Integers modulo L = 2^252 + 27742317777372353535851937790883648493, the order of the base point (RFC 8032 5.1).
// 32 bytes, little-endian. Constant time.
#ifndef TRACEVAR_KERNELS_PORTABLE_SCALAR_CT_H
#define TRACEVAR_KERNELS_PORTABLE_SCALAR_CT_H

#include <cstdint>

namespace tracevar::portable {

// L, little-endian words.
constexpr uint64_t kOrder[4] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000};

// out = in mod L.
void scalar_reduce(uint8_t out[32], const uint8_t in[64]) noexcept;

// out = (a b + c) mod L, for any a < 2^255 and b, c < L.
void scalar_multiply_add(uint8_t out[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32]) noexcept;

}  // namespace tracevar::portable

#endif
