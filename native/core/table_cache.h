// Tables of known public keys, made when a key has been used often enough to pay for one: none at first, a small one
// soon, a large one for an archive. The least recently used ones go when there are too many.
#ifndef TRACEVAR_CORE_TABLE_CACHE_H
#define TRACEVAR_CORE_TABLE_CACHE_H

#include <cstddef>
#include <cstdint>

#include "../kernels/kernel.h"

namespace tracevar {

// Used by one thread at a time. (Tables hold public values only.)
class TableCache {
 public:
  TableCache() noexcept = default;
  ~TableCache() noexcept;
  TableCache(const TableCache&) = delete;
  TableCache& operator=(const TableCache&) = delete;

  // Tables that were handed out before may go from here on.
  void begin() noexcept { begin_ = clock_ + 1; }

  // Counts `uses` more signatures under this key (an allowed encoding), and returns its table if it has one by then,
  // else null: it was used too rarely, is no point of the curve, or there is no room. Stays until begin().
  [[nodiscard]] const KeyTable* use(const uint8_t public_key[32], size_t uses) noexcept;

 private:
  static constexpr size_t kSlots = 16;

  struct Slot {
    uint8_t key[32];
    KeyTable* table;
    uint64_t uses;
    uint64_t last_use;  // value of clock_; 0: free
    bool is_no_point;
  };
  Slot* find(const uint8_t public_key[32]) noexcept;
  static void grow(Slot* slot) noexcept;

  Slot slots_[kSlots] = {};
  uint64_t clock_ = 0;
  uint64_t begin_ = 1;
};

}  // namespace tracevar

#endif
