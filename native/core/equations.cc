#include "equations.h"

#include <cstring>

#include "kernel_choice.h"

namespace tracevar {

namespace {

// Equations of one kind that wait for the kernel, and which items they belong to.
template <size_t kItems>
struct Queue {
  Equation equations[kItems];
  size_t items[kItems];
  size_t count = 0;

  void add(size_t item, const VerifyItem& from, const uint8_t k[32], const uint8_t* point) noexcept {
    equations[count] = {from.signature, from.signature + 32, k, point};
    items[count++] = item;
  }
  void spread(const uint8_t* answers, uint8_t* verdicts) const noexcept {
    for (size_t i = 0; i < count; i++) verdicts[items[i]] = answers[i];
  }
};

template <size_t kItems>
void challenges(const VerifyItem* items, size_t n, uint8_t (*k)[32]) noexcept {
  uint8_t heads[kItems][64], hashes[kItems][64];
  HashItem hash_items[kItems];
  for (size_t i = 0; i < n; i++) {
    std::memcpy(heads[i], items[i].signature, 32);
    std::memcpy(heads[i] + 32, items[i].public_key, 32);
    hash_items[i] = {heads[i], 64, items[i].message};
  }
  active_kernel().sha512_ct(hash_items, n, hashes[0]);
  active_kernel().ed25519->reduce_ct(hashes[0], n, k[0]);
}

template <size_t kItems>
void check(TableCache& tables, const VerifyItem* items, const uint8_t* points, size_t n, uint8_t* verdicts) noexcept {
  uint8_t k[kItems][32], answers[kItems];
  Queue<kItems> known, unknown;
  const KeyTable* known_tables[kItems];
  const uint8_t* unknown_keys[kItems];
  challenges<kItems>(items, n, k);
  tables.begin();
  for (size_t i = 0; i < n;) {
    const size_t length = run_length(items + i, n - i);
    const KeyTable* table = tables.use(items[i].public_key, length);
    for (const size_t end = i + length; i < end; i++) {
      const uint8_t* point = points == nullptr ? nullptr : points + 64 * i;
      if (table != nullptr) {
        known_tables[known.count] = table;
        known.add(i, items[i], k[i], point);
      } else {
        unknown_keys[unknown.count] = items[i].public_key;
        unknown.add(i, items[i], k[i], point);
      }
    }
  }
  const Ed25519Kernel& kernel = *active_kernel().ed25519;
  kernel.check_known(known_tables, known.equations, known.count, answers);
  known.spread(answers, verdicts);
  kernel.check_unknown(unknown_keys, unknown.equations, unknown.count, answers);
  unknown.spread(answers, verdicts);
}

}  // namespace

size_t run_length(const VerifyItem* items, size_t n) noexcept {
  size_t length = 1;
  while (length < n && std::memcmp(items[0].public_key, items[length].public_key, 32) == 0) length++;
  return length;
}

void challenges_of(const VerifyItem* items, size_t n, uint8_t (*k)[32]) noexcept {
  challenges<kLaneItemsMax>(items, n, k);
}

void check_equations(TableCache& tables, const VerifyItem* items, const uint8_t* points, size_t n,
                     uint8_t* verdicts) noexcept {
  if (n == 1) {
    check<1>(tables, items, points, n, verdicts);
  } else {
    check<kLaneItemsMax>(tables, items, points, n, verdicts);
  }
}

}  // namespace tracevar
