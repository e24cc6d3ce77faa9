// Ed25519 (RFC 8032) in batches, over the functions of a kernel.
#ifndef TRACEVAR_CORE_ED25519_H
#define TRACEVAR_CORE_ED25519_H

#include "../kernels/kernel.h"
#include "status.h"
#include "table_cache.h"

namespace tracevar {

// One message to sign. `public_key`: 32 bytes that belong to the secret. `out`: 64 bytes, apart from the message.
struct SignItem {
  const ExpandedSecret* secret;
  const uint8_t* public_key;
  Bytes message;
  uint8_t* out;
};

// RFC 8032 5.1.5: clamped scalar, prefix, public key. Constant time. kRandomness: nothing to blind with.
Status expand_seed_ct(const uint8_t seed[32], ExpandedSecret* secret, uint8_t public_key[32]) noexcept;

// Signs n items, any number, and checks every signature against its public key before it returns. Constant time in
// the secrets. kSelfCheck, kRandomness: the contents of the outputs are undefined, and the caller must wipe them all.
Status sign_batch_ct(TableCache& tables, const SignItem* items, size_t n) noexcept;

// One signature to verify: 32 bytes, 64 bytes, any bytes.
struct VerifyItem {
  const uint8_t* public_key;
  const uint8_t* signature;
  Bytes message;
};

// STRICT (native/README.md): verdicts[i] = 1 or 0. Any n. Variable time.
void verify_batch(TableCache& tables, const VerifyItem* items, size_t n, uint8_t* verdicts) noexcept;

}  // namespace tracevar

#endif
