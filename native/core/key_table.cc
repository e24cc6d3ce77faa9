#include "key_table.h"

#include <cstring>

#include "ed25519.h"
#include "os.h"
#include "random.h"
#include "secret.h"

namespace tracevar {

namespace {

// A slot is free when nobody holds it and nobody uses it.
struct Slot {
  uint8_t token[kTokenBytes];
  uint8_t public_key[kPublicKeyBytes];
  uint32_t usages;
  uint32_t holders;  // open handles in all environments
  uint32_t users;    // calls that are signing with it right now
};

class TableLock {
 public:
  explicit TableLock(OsLock* lock) noexcept : lock_(lock) { os_lock(lock_); }
  ~TableLock() noexcept { os_unlock(lock_); }
  TableLock(const TableLock&) = delete;
  TableLock& operator=(const TableLock&) = delete;

 private:
  OsLock* lock_;
};

constinit OsLock g_mutex;
// Both guarded by g_mutex. A slot's key and secret do not change while it has holders or users.
Slot g_slots[kKeysMax];
Vault g_vault;

// process.exit() and an uncaught error run no environment clean-up; this runs.
__attribute__((destructor)) void wipe_at_exit() noexcept {
  const TableLock lock(&g_mutex);
  g_vault.wipe_all();
}

// Where a token's slot is looked for first: tokens are random, so this finds most at once.
size_t home_of(Token token) noexcept { return static_cast<size_t>(token[0] | token[1] << 8) % kKeysMax; }

// The slot with this token and at least one holder, or kKeysMax; in a forked child there is none. Needs g_mutex.
size_t find(Token token) noexcept {
  if (!g_vault.is_ours()) return kKeysMax;
  const size_t home = home_of(token);
  for (size_t step = 0; step < kKeysMax; step++) {
    const size_t i = (home + step) % kKeysMax;
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
  slot = {};
}

// Puts a key into a free slot and gives it one holder. `fresh` brings token and usages.
Status insert(std::span<const uint8_t, kSeedBytes> seed, const Slot& fresh, size_t* index) noexcept {
  const TableLock lock(&g_mutex);
  const size_t home = home_of(fresh.token);
  size_t free_slot = kKeysMax;
  for (size_t step = 0; step < kKeysMax && free_slot == kKeysMax; step++) {
    const size_t i = (home + step) % kKeysMax;
    if (g_slots[i].holders == 0 && g_slots[i].users == 0) free_slot = i;
  }
  if (free_slot == kKeysMax) return Status::kKeyTableFull;
  if (const Status status = g_vault.open(); status != Status::kOk) return status;
  if (const Status status = g_vault.unseal(); status != Status::kOk) return status;
  ExpandedSecret* secret = g_vault.secret(free_slot);
  Slot slot = fresh;
  Status status = expand_seed_ct(seed.data(), secret, slot.public_key);
  if (status != Status::kOk) wipe(secret, sizeof *secret);
  if (g_vault.seal() != Status::kOk && status == Status::kOk) {
    wipe(secret, sizeof *secret);  // it can still be written
    status = Status::kMemory;
  }
  if (status != Status::kOk) return status;
  slot.holders = 1;
  g_slots[free_slot] = slot;
  *index = free_slot;
  return Status::kOk;
}

// The keys of a chunk of messages in use: their secrets stay in place until release(), even if their last holders
// close them meanwhile.
class KeysInUse {
 public:
  KeysInUse() noexcept = default;
  ~KeysInUse() noexcept { release(); }
  KeysInUse(const KeysInUse&) = delete;
  KeysInUse& operator=(const KeysInUse&) = delete;

  // Key i of the chunk becomes the one of tokens[i], for n messages, or for all the one of a single token.
  Status acquire(std::span<const uint8_t> tokens, bool one_key, uint32_t usage, size_t n) noexcept {
    const TableLock lock(&g_mutex);
    for (size_t i = 0; i < n; i++) {
      const Token token = tokens.subspan(one_key ? 0 : kTokenBytes * i).first<kTokenBytes>();
      size_t index = kKeysMax;
      if (i > 0 && std::memcmp(g_slots[slots_[i - 1]].token, token.data(), kTokenBytes) == 0) index = slots_[i - 1];
      if (index == kKeysMax) index = find(token);
      if (index == kKeysMax) return Status::kKeyClosed;
      if ((g_slots[index].usages & usage) == 0) return Status::kKeyUsage;
      g_slots[index].users++;
      slots_[count_++] = index;
    }
    return Status::kOk;
  }

  void release() noexcept {
    if (count_ == 0) return;
    const TableLock lock(&g_mutex);
    while (count_ > 0) {
      const size_t index = slots_[--count_];
      g_slots[index].users--;
      free_if_unused(index);
    }
  }

  [[nodiscard]] SignItem item(size_t i, Bytes message, uint8_t* out) const noexcept {
    const Slot& slot = g_slots[slots_[i]];
    return {g_vault.secret(slots_[i]), slot.public_key, message, out};
  }

 private:
  size_t slots_[kLaneItemsMax];
  size_t count_ = 0;
};

Status sign_all(TableCache& tables, std::span<const uint8_t> tokens, uint32_t usage, const Batch& batch,
                std::span<uint8_t> out) noexcept {
  const bool one_key = tokens.size() == kTokenBytes;
  const size_t total = batch.count();
  for (size_t done = 0; done < total;) {
    const size_t n = total - done < kLaneItemsMax ? total - done : kLaneItemsMax;
    KeysInUse keys;
    const auto chunk_tokens = one_key ? tokens : tokens.subspan(kTokenBytes * done);
    if (const Status status = keys.acquire(chunk_tokens, one_key, usage, n); status != Status::kOk) return status;
    SignItem items[kLaneItemsMax];
    for (size_t i = 0; i < n; i++) {
      items[i] = keys.item(i, batch.item(done + i), out.data() + kSignatureBytes * (done + i));
    }
    if (const Status status = sign_batch_ct(tables, items, n); status != Status::kOk) return status;
    done += n;
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
  size_t index = kKeysMax;
  if (const Status status = insert(seed, fresh, &index); status != Status::kOk) return status;
  held_[index]++;
  std::memcpy(token.data(), fresh.token, kTokenBytes);
  std::memcpy(public_key.data(), g_slots[index].public_key, kPublicKeyBytes);
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

Status sign_many(TableCache& tables, std::span<const uint8_t> tokens, uint32_t usage, const Batch& batch,
                 std::span<uint8_t> out) noexcept {
  const Status status = sign_all(tables, tokens, usage, batch, out);
  if (status != Status::kOk && !out.empty()) wipe(out.data(), out.size());
  return status;
}

KeyTableFacts key_table_facts() noexcept {
  const TableLock lock(&g_mutex);
  (void)g_vault.open();
  KeyTableFacts facts = {0, g_vault.facts()};
  for (const Slot& slot : g_slots) {
    if (slot.holders > 0) facts.open_count++;
  }
  return facts;
}

}  // namespace tracevar
