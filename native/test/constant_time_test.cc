// Run under valgrind, which tracks undefined bits: secrets are marked undefined, and every branch or address that
// depends on one is reported. Only what leaves (public key, signature) is marked defined again.
//   constant_time_test sign           key expansion and signing: nothing may be reported
//   constant_time_test secret_branch  control: a branch on a secret must be reported
//   constant_time_test secret_index   control: a table index from a secret must be reported
#include <valgrind/memcheck.h>

#include <cstdio>
#include <cstring>

#include "../kernels/portable/sign_ct.h"
#include "../kernels/portable/verify.h"

using namespace tracevar;

namespace {

constexpr size_t kMessageBytesMax = 260;  // two blocks of SHA-512 and more

int sign_and_check() {
  uint8_t message[kMessageBytesMax];
  for (size_t i = 0; i < sizeof message; i++) message[i] = static_cast<uint8_t>(i);
  for (uint8_t round = 0; round < 8; round++) {
    uint8_t seed[32];
    std::memset(seed, 0x11 * (round + 1), sizeof seed);
    VALGRIND_MAKE_MEM_UNDEFINED(seed, sizeof seed);
    ExpandedSecret secret;
    uint8_t public_key[32];
    portable::expand_seed_ct(seed, &secret, public_key);
    uint8_t undefined_bits[1] = {};
    (void)VALGRIND_GET_VBITS(secret.prefix, undefined_bits, 1);
    if (undefined_bits[0] == 0) return std::puts("the mark was lost"), 2;
    VALGRIND_MAKE_MEM_DEFINED(public_key, sizeof public_key);
    for (size_t length = round; length <= sizeof message; length += 63) {
      uint8_t signature[64];
      portable::sign_ct(secret, public_key, {message, length}, signature);
      VALGRIND_MAKE_MEM_DEFINED(signature, sizeof signature);
      if (!portable::verify_strict(public_key, signature, {message, length})) return std::puts("no signature"), 1;
    }
  }
  return 0;
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

}  // namespace

int main(int argc, char** argv) {
  const char* mode = argc > 1 ? argv[1] : "";
  if (RUNNING_ON_VALGRIND == 0) return std::puts("run under valgrind"), 2;
  if (std::strcmp(mode, "sign") == 0) return sign_and_check();
  if (std::strcmp(mode, "secret_branch") == 0) return branch_on_secret();
  if (std::strcmp(mode, "secret_index") == 0) return index_by_secret();
  return std::puts("unknown mode"), 2;
}
