// The part of Ed25519 that touches secrets (RFC 8032 5.1.5, 5.1.6). Constant time in seed, scalar, prefix and nonce.
#ifndef TRACEVAR_KERNELS_PORTABLE_SIGN_CT_H
#define TRACEVAR_KERNELS_PORTABLE_SIGN_CT_H

#include "../kernel.h"

namespace tracevar::portable {

void expand_seed_ct(const uint8_t seed[32], ExpandedSecret* secret, uint8_t public_key[32]) noexcept;

// The signature alone; the caller checks it before it leaves.
void sign_ct(const ExpandedSecret& secret, const uint8_t public_key[32], Bytes message, uint8_t out[64]) noexcept;

}  // namespace tracevar::portable

#endif
