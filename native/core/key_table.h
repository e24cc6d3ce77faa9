// Private keys, shared by all threads of the process (DESIGN decision 8: the one permitted mutable global). A key is
// named by a random 128-bit token and lives while any environment holds it. No function returns a secret. In a forked
// child that executes no program every key counts as closed (vault.h).
#ifndef TRACEVAR_CORE_KEY_TABLE_H
#define TRACEVAR_CORE_KEY_TABLE_H

#include <cstdint>
#include <span>

#include "../kernels/kernel.h"
#include "status.h"
#include "table_cache.h"
#include "vault.h"

namespace tracevar {

constexpr size_t kTokenBytes = 16;
constexpr size_t kSeedBytes = 32;
constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kSignatureBytes = 64;
// receipt, record, checkpoint, annex: bit i is KEY_USAGES[i] of src/crypto/backend.ts.
constexpr uint32_t kUsageCount = 4;

using Token = std::span<const uint8_t, kTokenBytes>;

// The keys that one environment (main thread or worker) has opened; closing it closes them. One per environment,
// used by its thread only.
class KeyOwner {
 public:
  KeyOwner() noexcept = default;
  ~KeyOwner() noexcept;
  KeyOwner(const KeyOwner&) = delete;
  KeyOwner& operator=(const KeyOwner&) = delete;

  // A key from `seed`, or from the system's randomness; writes its token and its public key.
  Status import_seed(std::span<const uint8_t, kSeedBytes> seed, uint32_t usages,
                     std::span<uint8_t, kTokenBytes> token, std::span<uint8_t, kPublicKeyBytes> public_key) noexcept;
  Status generate(uint32_t usages, std::span<uint8_t, kTokenBytes> token,
                  std::span<uint8_t, kPublicKeyBytes> public_key) noexcept;

  // Holds a key that another environment opened.
  Status add_ref(Token token) noexcept;
  // Lets go of a key held here; the last holder's close wipes it. kKeyClosed: not held here.
  Status close(Token token) noexcept;

 private:
  uint32_t held_[kKeysMax] = {};  // by slot; a slot that is held cannot be given to another key
};

// Signs item i under tokens[i], or all under one token. Any failure leaves zeros in all of `out`.
Status sign_many(TableCache& tables, std::span<const uint8_t> tokens, uint32_t usage, const Batch& batch,
                 std::span<uint8_t> out) noexcept;

struct KeyTableFacts {
  uint32_t open_count;
  VaultFacts vault;
};

// Maps the memory, if that has not been done, so that its protection is a fact.
[[nodiscard]] KeyTableFacts key_table_facts() noexcept;

}  // namespace tracevar

#endif
