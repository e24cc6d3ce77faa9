// Run under valgrind, which tracks undefined bits: secrets are marked undefined, and every branch or address that
// depends on one is reported. Seeds are secrets, and so is what blind_bytes gives (blinds). Only what leaves is marked
// defined: public keys, and signatures at the moment in which they are made and before they are checked. Every kernel is
// tested that valgrind can run; it has no AVX-512 and no SHA instructions (timing_test.cc is for those).
//   constant_time_test sign           key expansion and signing: nothing may be reported
//   constant_time_test secret_branch  control: a branch on a secret must be reported
//   constant_time_test secret_index   control: a table index from a secret must be reported
//   constant_time_test secret_blind   control: a branch on what blind_bytes gave must be reported
#include <valgrind/memcheck.h>

#include <cstring>

#include "../core/ed25519.h"
#include "support.h"
#include "wrapped.h"

namespace tracevar::test {

Status wrapped_check(TableCache& tables, const SignItem* items, const uint8_t* points, size_t n) noexcept {
  for (size_t i = 0; i < n; i++) VALGRIND_MAKE_MEM_DEFINED(items[i].out, 64);
  VALGRIND_MAKE_MEM_DEFINED(points, 64 * n);  // R
  return real_check(tables, items, points, n);
}

Status wrapped_blind_bytes(std::span<uint8_t> out) noexcept {
  const Status status = real_blind_bytes(out);
  VALGRIND_MAKE_MEM_UNDEFINED(out.data(), out.size());
  return status;
}

namespace {

constexpr size_t kKeys = 3;
constexpr size_t kMessageBytesMax = 260;  // two blocks of SHA-512 and more

bool is_undefined(const uint8_t* byte) {
  uint8_t bits[1] = {};
  (void)VALGRIND_GET_VBITS(byte, bits, 1);
  return bits[0] != 0;
}

void sign_with(const Kernel& kernel) {
  ExpandedSecret secrets[kKeys];
  uint8_t keys[kKeys][32], message[kMessageBytesMax];
  fill_random(message, sizeof message);
  for (size_t i = 0; i < kKeys; i++) {
    uint8_t seed[32];
    fill_random(seed, sizeof seed);
    VALGRIND_MAKE_MEM_UNDEFINED(seed, sizeof seed);
    check(expand_seed_ct(seed, &secrets[i], keys[i]) == Status::kOk, kernel.name, "a key is made");
    check(is_undefined(secrets[i].scalar + 31), kernel.name, "the scalar is marked");
    check(is_undefined(secrets[i].prefix), kernel.name, "the prefix is marked");
    check(is_undefined(keys[i]), kernel.name, "the mark reaches the public key");
    VALGRIND_MAKE_MEM_DEFINED(keys[i], sizeof keys[i]);
  }
  for (size_t n : {1, 2, 3, 5, 8, 9, 17, 64, 128, 130}) {
    TableCache cache;
    SignItem items[130];
    static uint8_t signatures[130][64];
    for (size_t i = 0; i < n; i++) {
      const size_t key = n == 64 ? 0 : i % kKeys;  // 64 of one key are checked jointly
      items[i] = {&secrets[key], keys[key], {message, 37 * (i + n) % kMessageBytesMax}, signatures[i]};
    }
    check(sign_batch_ct(cache, items, n) == Status::kOk, kernel.name, "signs", n);
  }
}

int sign() {
  for_each_kernel(sign_with);
  return result("constant_time_test");
}

int branch_on_secret() {
  uint8_t secret = 1;
  VALGRIND_MAKE_MEM_UNDEFINED(&secret, 1);
  return secret == 1 ? std::puts("one") : std::puts("other");
}

int index_by_secret() {
  static volatile uint8_t table[256];
  uint8_t secret = 1;
  VALGRIND_MAKE_MEM_UNDEFINED(&secret, 1);
  return table[secret];
}

int branch_on_blind() {
  uint8_t blind[16] = {};
  if (wrapped_blind_bytes(blind) != Status::kOk) return 2;
  return blind[0] % 2 == 1 ? std::puts("odd") : std::puts("even");
}

}  // namespace

}  // namespace tracevar::test

int main(int argc, char** argv) {
  using namespace tracevar::test;
  const char* mode = argc > 1 ? argv[1] : "";
  if (RUNNING_ON_VALGRIND == 0) return std::puts("run under valgrind"), 2;
  if (std::strcmp(mode, "sign") == 0) return sign();
  if (std::strcmp(mode, "secret_branch") == 0) return branch_on_secret();
  if (std::strcmp(mode, "secret_index") == 0) return index_by_secret();
  if (std::strcmp(mode, "secret_blind") == 0) return branch_on_blind();
  return std::puts("unknown mode"), 2;
}
