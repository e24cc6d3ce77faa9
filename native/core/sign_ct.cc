// Signing in batches (RFC 8032 5.1.5, 5.1.6). Constant time in the secrets.
#include <cstring>

#include "../kernels/portable/tables.h"
#include "clear.h"
#include "kernel_choice.h"
#include "own_signatures.h"
#include "random.h"

namespace tracevar {

namespace {

constexpr size_t kBlindBytes = 8;

// Stack that signing reaches, by the number of items: 8.6 KiB and 88 KiB with the kernels of x86-64 by gcc 12, and a
// margin for other compilers. native/test/residue_test.cc finds what lies deeper, and prints how deep it was.
constexpr size_t kStackBytesOne = 12 * 1024;
constexpr size_t kStackBytesMany = 128 * 1024;

template <size_t kItems>
struct Working {
  Secret<64 * kItems> hashes;
  Secret<32 * kItems> nonces;
  Secret<kBlindBytes * kItems> blinds;
  uint8_t heads[64 * kItems];
  uint8_t challenges[32 * kItems];
  uint8_t s[32 * kItems];
  const uint8_t* scalars[kItems];
  HashItem hash_items[kItems];
};

template <size_t kItems>
[[gnu::noinline]] Status sign_chunk(const SignItem* items, size_t n, uint8_t* points) noexcept {
  Working<kItems> w;
  const Kernel& kernel = signing_kernel();
  if (const Status status = blind_bytes({w.blinds.data(), kBlindBytes * n}); status != Status::kOk) return status;
  for (size_t i = 0; i < n; i++) {
    w.hash_items[i] = {items[i].secret->prefix, 32, items[i].message};
    w.scalars[i] = items[i].secret->scalar;
  }
  kernel.sha512_ct(w.hash_items, n, w.hashes.data());  // r = SHA-512(prefix || M), step 2
  kernel.ed25519->reduce_ct(w.hashes.data(), n, w.nonces.data());
  kernel.ed25519->multiply_base_ct(w.nonces.data(), w.blinds.data(), n, points);  // R, step 3
  for (size_t i = 0; i < n; i++) {
    point_encode(items[i].out, points + 64 * i);
    std::memcpy(w.heads + 64 * i, items[i].out, 32);
    std::memcpy(w.heads + 64 * i + 32, items[i].public_key, 32);
    w.hash_items[i] = {w.heads + 64 * i, 64, items[i].message};
  }
  kernel.sha512_ct(w.hash_items, n, w.hashes.data());  // k = SHA-512(R || A || M), step 4
  kernel.ed25519->reduce_ct(w.hashes.data(), n, w.challenges);
  kernel.ed25519->multiply_add_ct(w.scalars, w.challenges, w.nonces.data(), n, w.s);  // S = r + k s, step 5
  for (size_t i = 0; i < n; i++) std::memcpy(items[i].out + 32, w.s + 32 * i, 32);
  return Status::kOk;
}

template <size_t kItems, size_t kStackBytes>
Status sign_and_check(TableCache& tables, const SignItem* items, size_t n) noexcept {
  uint8_t points[64 * kItems];  // R, as x || y
  const Status status = sign_chunk<kItems>(items, n, points);
  wipe_stack_below<kStackBytes>();
  clear_vector_registers();
  return status == Status::kOk ? check_own(tables, items, points, n) : status;
}

[[gnu::noinline]] Status expand_seed_body(const uint8_t seed[32], ExpandedSecret* secret,
                                          uint8_t public_key[32]) noexcept {
  Secret<64> hash, wide;
  Secret<32> reduced;
  Secret<kBlindBytes> blind;
  if (const Status status = blind_bytes(blind.span()); status != Status::kOk) return status;
  const HashItem item = {seed, 32, {}};
  signing_kernel().sha512_ct(&item, 1, hash.data());
  hash.data()[0] &= 0xf8;  // RFC 8032 5.1.5 step 2
  hash.data()[31] = static_cast<uint8_t>((hash.data()[31] & 0x7f) | 0x40);
  std::memcpy(wide.data(), hash.data(), 32);
  signing_kernel().ed25519->reduce_ct(wide.data(), 1, reduced.data());  // the order of B is L
  uint8_t point[64];
  signing_kernel().ed25519->multiply_base_ct(reduced.data(), blind.data(), 1, point);
  point_encode(public_key, point);
  std::memcpy(secret, hash.data(), 64);
  return Status::kOk;
}

}  // namespace

TRACEVAR_CLEAR_GENERAL_REGISTERS Status expand_seed_ct(const uint8_t seed[32], ExpandedSecret* secret,
                                                       uint8_t public_key[32]) noexcept {
  const Status status = expand_seed_body(seed, secret, public_key);
  wipe_stack_below<kStackBytesOne>();
  clear_vector_registers();
  return status;
}

TRACEVAR_CLEAR_GENERAL_REGISTERS Status sign_batch_ct(TableCache& tables, const SignItem* items, size_t n) noexcept {
  for (size_t done = 0; done < n;) {
    const size_t count = n - done < kLaneItemsMax ? n - done : kLaneItemsMax;
    const Status status = count == 1 ? sign_and_check<1, kStackBytesOne>(tables, items + done, 1)
                                     : sign_and_check<kLaneItemsMax, kStackBytesMany>(tables, items + done, count);
    if (status != Status::kOk) return status;
    done += count;
  }
  return Status::kOk;
}

}  // namespace tracevar
