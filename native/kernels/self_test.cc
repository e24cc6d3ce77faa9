#include "self_test.h"

#include <cstring>

#include "portable/portable.h"
#include "portable/scalar_ct.h"
#include "portable/sha256.h"
#include "portable/sha512_ct.h"
#include "portable/tables.h"

namespace tracevar {

namespace {

constexpr size_t kItems = 20;  // more than the widest kernel has lanes, and no multiple of any

struct Messages {
  uint8_t bytes[kItems * 160];
  uint32_t offsets[kItems + 1];
};

// Lengths 0, 17, 34, …: one to four blocks.
void fill(Messages* m) noexcept {
  uint32_t at = 0;
  for (size_t i = 0; i < kItems; i++) {
    m->offsets[i] = at;
    at += static_cast<uint32_t>(17 * i % 160);
  }
  m->offsets[kItems] = at;
  for (size_t i = 0; i < sizeof m->bytes; i++) m->bytes[i] = static_cast<uint8_t>(i * 7 + 1);
}

bool hashes_right(const Kernel& kernel, const Messages& m) noexcept {
  static constexpr uint8_t kAbc[3] = {'a', 'b', 'c'};
  static constexpr uint32_t kOffsets[2] = {0, 3};
  static constexpr uint8_t kSha256Start[8] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
  static constexpr uint8_t kSha512Start[8] = {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba};
  uint8_t one[64], got[64 * kItems], want[64 * kItems];
  kernel.sha256_many({kAbc, kOffsets}, one);
  if (std::memcmp(one, kSha256Start, 8) != 0) return false;
  const HashItem abc = {kAbc, 1, {kAbc + 1, 2}};
  kernel.sha512_ct(&abc, 1, one);
  if (std::memcmp(one, kSha512Start, 8) != 0) return false;
  const Batch batch = {{m.bytes, m.offsets[kItems]}, m.offsets};
  kernel.sha256_many(batch, got);
  portable::sha256_many(batch, want);
  if (std::memcmp(got, want, 32 * kItems) != 0) return false;
  HashItem items[kItems];
  for (size_t i = 0; i < kItems; i++) items[i] = {m.bytes, i % 65, batch.item(i)};
  kernel.sha512_ct(items, kItems, got);
  portable::sha512_ct(items, kItems, want);
  return std::memcmp(got, want, 64 * kItems) == 0;
}

// k A and s B with s = k a + r, so that r B = s B - k A: from a few scalars that differ in every byte.
struct Signatures {
  uint8_t a[32], r[32 * kItems], s[32 * kItems], k[32 * kItems];
  uint8_t key[32], encoded_r[kItems][32];
};

bool multiples_right(const Kernel& kernel, const Messages& m, Signatures* x) noexcept {
  static constexpr uint8_t kOne[32] = {1}, kZero[32] = {};
  uint8_t blinds[8 * kItems], points[64 * kItems], want[64 * kItems], base[32];
  std::memcpy(blinds, m.bytes, sizeof blinds);
  kernel.ed25519->reduce_ct(m.bytes, kItems, points);
  kPortableEd25519.reduce_ct(m.bytes, kItems, want);
  if (std::memcmp(points, want, 32 * kItems) != 0) return false;
  std::memset(base, 0x66, sizeof base);  // RFC 8032 5.1: y = 4/5
  base[0] = 0x58;
  kernel.ed25519->multiply_base_ct(kOne, blinds, 1, points);
  if (!point_is_encoded_as(points, base)) return false;
  portable::scalar_multiply_add(x->a, m.bytes, m.bytes + 64, kZero);
  for (size_t i = 0; i < kItems; i++) {
    portable::scalar_multiply_add(x->r + 32 * i, m.bytes + i, x->a, kOne);
    portable::scalar_multiply_add(x->k + 32 * i, m.bytes + 40 + i, x->a, kZero);
  }
  const uint8_t* factors[kItems];
  for (auto& factor : factors) factor = x->a;
  kernel.ed25519->multiply_add_ct(factors, x->k, x->r, kItems, x->s);
  kernel.ed25519->multiply_base_ct(x->r, blinds, kItems, points);
  kPortableEd25519.multiply_base_ct(x->r, blinds, kItems, want);
  if (std::memcmp(points, want, sizeof points) != 0) return false;
  for (size_t i = 0; i < kItems; i++) point_encode(x->encoded_r[i], points + 64 * i);
  kernel.ed25519->multiply_base_ct(x->a, blinds, 1, points);
  point_encode(x->key, points);
  return true;
}

// The equations together, each test in an order of its own; then with one scalar changed.
bool joint_right(const Kernel& kernel, const Signatures& x, const KeyTable* table) noexcept {
  uint8_t blinds[8 * kItems] = {}, points[64 * kItems];
  uint8_t order[kJointTests][kLaneItemsMax], s[kJointTests][32] = {}, k[kJointTests][32] = {};
  kernel.ed25519->multiply_base_ct(x.r, blinds, kItems, points);
  for (size_t t = 0; t < kJointTests; t++) {
    for (size_t p = 0; p < kJointWeights; p++) {
      const size_t i = (5 * p + t) % kJointWeights;
      order[t][p] = static_cast<uint8_t>(i < kItems ? i : kItems);
      if (i >= kItems) continue;
      const uint8_t weight[32] = {static_cast<uint8_t>(kJointWeights - p)};
      portable::scalar_multiply_add(s[t], weight, x.s + 32 * i, s[t]);
      portable::scalar_multiply_add(k[t], weight, x.k + 32 * i, k[t]);
    }
  }
  const JointEquation joint = {table, points, kItems, order, kJointWeights, s, k};
  if (!kernel.ed25519->check_joint(joint)) return false;
  s[kJointTests - 1][0] ^= 1;
  return !kernel.ed25519->check_joint(joint);
}

// Every third equation is given a wrong k.
bool equations_right(const Kernel& kernel, const Signatures& x) noexcept {
  alignas(64) uint8_t memory[key_table_bytes(kKeyWidthSmall)];
  KeyTable* table = reinterpret_cast<KeyTable*>(memory);
  if (!key_table_build(table, kKeyWidthSmall, x.key)) return false;
  Equation equations[kItems];
  const KeyTable* tables[kItems];
  const uint8_t* keys[kItems];
  for (size_t i = 0; i < kItems; i++) {
    equations[i] = {x.encoded_r[i], x.s + 32 * i, x.k + 32 * (i % 3 == 2 ? i - 1 : i), nullptr};
    tables[i] = table;
    keys[i] = x.key;
  }
  for (const size_t n : {size_t{1}, kItems}) {
    uint8_t known[kItems], unknown[kItems];
    kernel.ed25519->check_known(tables, equations, n, known);
    kernel.ed25519->check_unknown(keys, equations, n, unknown);
    for (size_t i = 0; i < n; i++) {
      const uint8_t want = i % 3 == 2 ? 0 : 1;
      if (known[i] != want || unknown[i] != want) return false;
    }
  }
  return joint_right(kernel, x, table);
}

}  // namespace

bool self_test(const Kernel& kernel) noexcept {
  Messages messages;
  Signatures signatures;
  fill(&messages);
  return hashes_right(kernel, messages) && multiples_right(kernel, messages, &signatures) &&
         equations_right(kernel, signatures);
}

}  // namespace tracevar
