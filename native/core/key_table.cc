#include "key_table.h"

#include <pthread.h>
#include <stdlib.h>

#include <cstring>

#include "../kernels/dispatch.h"
#include "random.h"
#include "secret.h"

namespace tracevar {

namespace {

// A slot is free when nobody holds it and nobody uses it.
struct Slot {
  uint8_t token[kTokenBytes];
  PublicKey key;
  uint32_t usages;
  uint32_t holders;  // open handles in all environments
  uint32_t users;    // calls that are signing with it right now
};

class TableLock {
 public:
  explicit TableLock(pthread_mutex_t* mutex) noexcept : mutex_(mutex) { pthread_mutex_lock(mutex_); }
  ~TableLock() noexcept { pthread_mutex_unlock(mutex_); }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  pthread_mutex_t* mutex_;
};

pthread_mutex_t g_mutex = PTHREAD_MUTEX_INITIALIZER;
// Both guarded by g_mutex. A slot's key and secret do not change while it has holders or users.
Slot g_slots[kKeysMax];
Vault g_vault;

// process.exit() and an uncaught error run no environment clean-up; this runs.
__attribute__((destructor)) void wipe_at_exit() noexcept {
  const TableLock lock(&g_mutex);
  g_vault.wipe_all();
}

// The slot with this token and at least one holder, or kKeysMax. Needs g_mutex.
size_t find(Token token) noexcept {
  for (size_t i = 0; i < kKeysMax; i++) {
    if (g_slots[i].holders > 0 && std::memcmp(g_slots[i].token, token.data(), kTokenBytes) == 0) return i;
  }
  return kKeysMax;
}

// Wipes the slot when nobody holds or uses it. Needs g_mutex.
void free_if_unused(size_t index) noexcept {
  Slot& slot = g_slots[index];
  if (slot.holders > 0 || slot.users > 0) return;
  if (g_vault.unseal() == Status::kOk) {
    wipe(g_vault.secret(index), sizeof(ExpandedSecret));
    (void)g_vault.seal();
  }
  free(slot.key.table);
  slot = {};
}

// Puts a key into a free slot and gives it one holder. `fresh` brings token, usages and the table's memory.
Status insert(std::span<const uint8_t, kSeedBytes> seed, const Slot& fresh, size_t* index) noexcept {
  const TableLock lock(&g_mutex);
  size_t free_slot = 0;
  while (free_slot < kKeysMax && (g_slots[free_slot].holders > 0 || g_slots[free_slot].users > 0)) free_slot++;
  if (free_slot == kKeysMax) return Status::kKeyTableFull;
  if (const Status status = g_vault.open(); status != Status::kOk) return status;
  if (const Status status = g_vault.unseal(); status != Status::kOk) return status;
  ExpandedSecret* secret = g_vault.secret(free_slot);
  Slot slot = fresh;
  active_kernel().expand_seed(seed.data(), secret, &slot.key);
  if (g_vault.seal() != Status::kOk) {
    wipe(secret, sizeof *secret);
    return Status::kMemory;
  }
  slot.holders = 1;
  g_slots[free_slot] = slot;
  *index = free_slot;
  return Status::kOk;
}

// One key in use: its secret stays in place until release(), even if its last holder closes it meanwhile.
class KeyUse {
 public:
  KeyUse() noexcept = default;
  ~KeyUse() noexcept { release(); }
  KeyUse(const KeyUse&) = delete;
  KeyUse& operator=(const KeyUse&) = delete;

  Status acquire(Token token, uint32_t usage) noexcept {
    release();
    const TableLock lock(&g_mutex);
    const size_t index = find(token);
    if (index == kKeysMax) return Status::kKeyClosed;
    if ((g_slots[index].usages & usage) == 0) return Status::kKeyUsage;
    g_slots[index].users++;
    index_ = index;
    return Status::kOk;
  }

  void release() noexcept {
    if (index_ == kKeysMax) return;
    const TableLock lock(&g_mutex);
    g_slots[index_].users--;
    free_if_unused(index_);
    index_ = kKeysMax;
  }

  [[nodiscard]] bool sign(Bytes message, uint8_t out[kSignatureBytes]) const noexcept {
    return active_kernel().sign(*g_vault.secret(index_), g_slots[index_].key, message, out);
  }

 private:
  size_t index_ = kKeysMax;
};

Status sign_all(std::span<const uint8_t> tokens, uint32_t usage, const Batch& batch, std::span<uint8_t> out) noexcept {
  const bool one_key = tokens.size() == kTokenBytes;
  KeyUse key;
  for (size_t i = 0; i < batch.count(); i++) {
    if (i == 0 || !one_key) {
      const Token token = tokens.subspan(kTokenBytes * i).first<kTokenBytes>();
      if (const Status status = key.acquire(token, usage); status != Status::kOk) return status;
    }
    if (!key.sign(batch.item(i), out.data() + kSignatureBytes * i)) return Status::kSelfCheck;
  }
  return Status::kOk;
}

}  // namespace

KeyOwner::~KeyOwner() noexcept {
  const TableLock lock(&g_mutex);
  for (size_t i = 0; i < kKeysMax; i++) {
    if (held_[i] == 0) continue;
    g_slots[i].holders -= held_[i];
    free_if_unused(i);
  }
}

Status KeyOwner::import_seed(std::span<const uint8_t, kSeedBytes> seed, uint32_t usages,
                             std::span<uint8_t, kTokenBytes> token,
                             std::span<uint8_t, kPublicKeyBytes> public_key) noexcept {
  Slot fresh = {};
  if (const Status status = random_bytes(fresh.token); status != Status::kOk) return status;
  fresh.usages = usages;
  fresh.key.table = aligned_alloc(16, active_kernel().public_table_bytes);
  if (fresh.key.table == nullptr) return Status::kMemory;
  size_t index = kKeysMax;
  if (const Status status = insert(seed, fresh, &index); status != Status::kOk) {
    free(fresh.key.table);
    return status;
  }
  held_[index]++;
  std::memcpy(token.data(), fresh.token, kTokenBytes);
  std::memcpy(public_key.data(), g_slots[index].key.bytes, kPublicKeyBytes);
  return Status::kOk;
}

Status KeyOwner::generate(uint32_t usages, std::span<uint8_t, kTokenBytes> token,
                          std::span<uint8_t, kPublicKeyBytes> public_key) noexcept {
  Secret<kSeedBytes> seed;
  if (const Status status = random_bytes(seed.span()); status != Status::kOk) return status;
  return import_seed(seed.span(), usages, token, public_key);
}

Status KeyOwner::add_ref(Token token) noexcept {
  const TableLock lock(&g_mutex);
  const size_t index = find(token);
  if (index == kKeysMax) return Status::kKeyClosed;
  g_slots[index].holders++;
  held_[index]++;
  return Status::kOk;
}

Status KeyOwner::close(Token token) noexcept {
  const TableLock lock(&g_mutex);
  const size_t index = find(token);
  if (index == kKeysMax || held_[index] == 0) return Status::kKeyClosed;
  held_[index]--;
  g_slots[index].holders--;
  free_if_unused(index);
  return Status::kOk;
}

Status sign_many(std::span<const uint8_t> tokens, uint32_t usage, const Batch& batch, std::span<uint8_t> out) noexcept {
  const Status status = sign_all(tokens, usage, batch, out);
  if (status != Status::kOk && !out.empty()) wipe(out.data(), out.size());
  return status;
}

KeyTableFacts key_table_facts() noexcept {
  const TableLock lock(&g_mutex);
  (void)g_vault.open();
  KeyTableFacts facts = {0, g_vault.lock_error()};
  for (const Slot& slot : g_slots) {
    if (slot.holders > 0) facts.open_count++;
  }
  return facts;
}

}  // namespace tracevar
