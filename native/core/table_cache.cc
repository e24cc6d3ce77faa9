#include "table_cache.h"

#include <cstring>

#include "../kernels/portable/tables.h"
#include "os.h"

namespace tracevar {

namespace {

// Uses after which a table of a width has paid for itself (bench/, native/README.md).
constexpr uint64_t kUsesSmall = 16;
constexpr uint64_t kUsesLarge = 512;

}  // namespace

TableCache::~TableCache() noexcept {
  for (Slot& slot : slots_) os_aligned_free(slot.table);
}

// The key's slot; else that of the key that was used longest ago, emptied; null when all were used since begin().
TableCache::Slot* TableCache::find(const uint8_t public_key[32]) noexcept {
  Slot* oldest = &slots_[0];
  for (Slot& slot : slots_) {
    if (slot.last_use > 0 && std::memcmp(slot.key, public_key, 32) == 0) return &slot;
    if (slot.last_use < oldest->last_use) oldest = &slot;
  }
  if (oldest->last_use >= begin_) return nullptr;
  os_aligned_free(oldest->table);
  *oldest = {};
  std::memcpy(oldest->key, public_key, 32);
  return oldest;
}

// Gives the slot the table that its uses are worth.
void TableCache::grow(Slot* slot) noexcept {
  const int width = slot->uses >= kUsesLarge ? kKeyWidthLarge : kKeyWidthSmall;
  if (slot->uses < kUsesSmall || slot->is_no_point) return;
  if (slot->table != nullptr && slot->table->width >= static_cast<uint32_t>(width)) return;
  KeyTable* table = static_cast<KeyTable*>(os_aligned_alloc(alignof(KeyTable), key_table_bytes(width)));
  if (table == nullptr) return;
  if (!key_table_build(table, width, slot->key)) {
    slot->is_no_point = true;
    os_aligned_free(table);
    return;
  }
  os_aligned_free(slot->table);
  slot->table = table;
}

const KeyTable* TableCache::use(const uint8_t public_key[32], size_t uses) noexcept {
  Slot* slot = find(public_key);
  if (slot == nullptr) return nullptr;
  const bool is_in_use = slot->last_use >= begin_ && slot->last_use > 0;
  slot->last_use = ++clock_;
  slot->uses += uses;
  if (!is_in_use || slot->table == nullptr) grow(slot);  // a table that was handed out stays
  return slot->table;
}

}  // namespace tracevar
