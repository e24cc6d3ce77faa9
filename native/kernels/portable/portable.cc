// The portable kernel: standard C++ and 128-bit products, on every 64-bit little-endian machine.
#include "portable.h"

#include <cstring>

#include "sha256.h"
#include "sha512_ct.h"
#include "sign_ct.h"
#include "verify.h"

namespace tracevar {

namespace {

using portable::CombTable;

void sha256_many(const Batch& batch, uint8_t* out) noexcept {
  for (size_t i = 0; i < batch.count(); i++) portable::sha256(batch.item(i), out + 32 * i);
}

void sha512_many(const Batch& batch, uint8_t* out) noexcept {
  for (size_t i = 0; i < batch.count(); i++) {
    portable::Sha512 sha;
    sha.update(batch.item(i));
    sha.finish(out + 64 * i);
  }
}

void expand_seed(const uint8_t seed[32], ExpandedSecret* secret, PublicKey* key) noexcept {
  portable::expand_seed_ct(seed, secret, key->bytes);
  portable::negated_table_build(static_cast<CombTable*>(key->table), key->bytes);
}

bool sign(const ExpandedSecret& secret, const PublicKey& key, Bytes message, uint8_t out[64]) noexcept {
  portable::sign_ct(secret, key.bytes, message, out);
  if (portable::verify_own(*static_cast<const CombTable*>(key.table), key.bytes, out, message)) return true;
  std::memset(out, 0, 64);
  return false;
}

void verify_many(Bytes public_keys, Bytes signatures, const Batch& batch, uint8_t* verdicts) noexcept {
  const size_t key_step = public_keys.size() == 32 ? 0 : 32;
  for (size_t i = 0; i < batch.count(); i++) {
    const uint8_t* key = public_keys.data() + key_step * i;
    verdicts[i] = portable::verify_strict(key, signatures.data() + 64 * i, batch.item(i)) ? 1 : 0;
  }
}

}  // namespace

const Kernel kPortableKernel = {
    .name = "portable",
    .public_table_bytes = sizeof(CombTable),
    .sha256_many = sha256_many,
    .sha512_many = sha512_many,
    .expand_seed = expand_seed,
    .sign = sign,
    .verify_many = verify_many,
};

}  // namespace tracevar
