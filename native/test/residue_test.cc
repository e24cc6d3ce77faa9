// What signing and key expansion leave on the stack: no eight bytes of a secret. The control leaves some, and must be
// found.
#include <cstdio>
#include <cstring>

#include "../core/secret.h"
#include "../kernels/portable/scalar_ct.h"
#include "../kernels/portable/sha512_ct.h"
#include "../kernels/portable/sign_ct.h"

using namespace tracevar;

namespace {

constexpr size_t kProbeWords = 4096;  // 32 KiB
constexpr size_t kSecretWords = 40;

// Words that must not be found, each with its complement taken, so that this list is not what is found.
uint64_t g_hidden[kSecretWords];
size_t g_hidden_count = 0;

void hide(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; i += 8) {
    uint64_t word;
    std::memcpy(&word, bytes + i, 8);
    g_hidden[g_hidden_count++] = ~word;
    g_hidden[g_hidden_count++] = ~__builtin_bswap64(word);  // as SHA-512 loads it
  }
}

// Secret words in the stack below the caller, where earlier calls had their frames.
__attribute__((noinline)) size_t hits_below() {
  uint64_t area[kProbeWords];
  __asm__ volatile("" : "=m"(area));  // "written", as far as the compiler knows
  size_t hits = 0;
  for (uint64_t word : area) {
    for (size_t i = 0; i < g_hidden_count; i++) hits += word == ~g_hidden[i] ? 1u : 0u;
  }
  return hits;
}

__attribute__((noinline)) void leave_secret_below(const uint8_t* secret) {
  uint8_t copy[64];
  std::memcpy(copy, secret, sizeof copy);
  __asm__ volatile("" : : "r"(copy) : "memory");
}

// The nonce of the message of this test, for the list.
__attribute__((noinline)) void hide_nonce(const ExpandedSecret& secret) {
  uint8_t hash[64], nonce[32];
  portable::Sha512 sha;
  sha.update(secret.prefix);
  sha.finish(hash);
  portable::scalar_reduce(nonce, hash);
  hide(nonce, 32);
  wipe(hash, sizeof hash);
  wipe(nonce, sizeof nonce);
}

__attribute__((noinline)) void clear_below() {
  uint64_t area[kProbeWords];
  wipe(area, sizeof area);
}

int check(bool ok, const char* what) {
  if (!ok) std::printf("FAILED: %s\n", what);
  return ok ? 0 : 1;
}

}  // namespace

int main() {
  static uint8_t seed[32] = {0x5e, 0xed, 0x17, 0x39, 0x51, 0x77, 0x93, 0xb5, 0xd7, 0xf9, 0x1b, 0x3d, 0x5f, 0x71};
  static ExpandedSecret secret;
  static uint8_t public_key[32], signature[64];
  hide(seed, 8);  // the rest has zeros
  portable::expand_seed_ct(seed, &secret, public_key);
  int failures = check(hits_below() == 0, "key expansion leaves nothing of the seed");
  hide(secret.scalar, 32);
  hide(secret.prefix, 32);
  hide_nonce(secret);
  clear_below();
  portable::expand_seed_ct(seed, &secret, public_key);
  failures += check(hits_below() == 0, "key expansion leaves nothing of the expanded secret");
  portable::sign_ct(secret, public_key, {}, signature);
  failures += check(hits_below() == 0, "signing leaves nothing");
  leave_secret_below(secret.scalar);
  failures += check(hits_below() > 0, "control: a secret left behind is found");
  return failures;
}
