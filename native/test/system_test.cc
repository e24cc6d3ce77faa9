// The parts of core/ that lean on the operating system, and every kernel that the machine can run, without Node: for
// systems on which the addon has never been run. Prints what it did.
#include <cstdio>
#include <cstring>

#include "../core/ed25519.h"
#include "../core/kernel_choice.h"
#include "../core/key_table.h"
#include "../core/os.h"
#include "../core/random.h"
#include "../kernels/dispatch.h"

using namespace tracevar;

namespace {

int g_failures = 0;

void check(bool ok, const char* what) {
  if (ok) return;
  std::printf("FAILED: %s\n", what);
  g_failures++;
}

void randomness() {
  uint8_t a[300] = {}, b[300] = {};
  check(random_bytes(a) == Status::kOk && random_bytes(b) == Status::kOk, "random bytes");
  check(std::memcmp(a, b, sizeof a) != 0, "random bytes differ");
  const uint8_t zeros[16] = {};
  check(std::memcmp(a + 284, zeros, 16) != 0, "random bytes to the end");
  // Blinds: in small pieces, across what is fetched ahead, and in one large piece.
  uint8_t blinds[100][24];
  for (auto& blind : blinds) check(blind_bytes(blind) == Status::kOk, "blinds");
  for (size_t i = 0; i < 100; i++) {
    for (size_t j = 0; j < i; j++) check(std::memcmp(blinds[i], blinds[j], 8) != 0, "blinds differ");
  }
  check(blind_bytes(a) == Status::kOk && std::memcmp(a, b, sizeof a) != 0, "many blinds at once");
}

void aligned_memory() {
  void* memory = os_aligned_alloc(64, 1 << 20);
  check(memory != nullptr && reinterpret_cast<uintptr_t>(memory) % 64 == 0, "aligned memory");
  if (memory != nullptr) std::memset(memory, 1, 1 << 20);
  os_aligned_free(memory);
}

// RFC 8032 7.1, TEST 2.
constexpr uint8_t kSeed[32] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3,
                               0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab,
                               0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
constexpr uint8_t kSignature[64] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};

// One signature and many, until the key has its large table.
void signing(const char* kernel) {
  constexpr size_t kItems = 100, kRounds = 7;
  static const uint8_t message[1] = {0x72};
  static uint8_t out[kItems][64];
  TableCache tables;
  ExpandedSecret secret;
  uint8_t public_key[32], verdicts[kItems];
  SignItem items[kItems];
  VerifyItem made[kItems];
  check(expand_seed_ct(kSeed, &secret, public_key) == Status::kOk, kernel);
  for (size_t i = 0; i < kItems; i++) {
    items[i] = {&secret, public_key, message, out[i]};
    made[i] = {public_key, out[i], message};
  }
  for (size_t round = 0; round < kRounds; round++) {
    const size_t n = round == 0 ? 1 : kItems;
    std::memset(out, 0, sizeof out);
    check(sign_batch_ct(tables, items, n) == Status::kOk, kernel);
    for (size_t i = 0; i < n; i++) check(std::memcmp(out[i], kSignature, 64) == 0, kernel);
    out[n - 1][33] ^= 1;
    verify_batch(tables, made, n, verdicts);
    for (size_t i = 0; i < n; i++) check(verdicts[i] == (i + 1 < n ? 1 : 0), kernel);
  }
}

// A key in the vault: it signs until its last holder has closed it.
void keys() {
  static const uint8_t message[1] = {0x72};
  static const uint32_t offsets[2] = {0, 1};
  const Batch batch = {message, offsets};
  uint8_t token[kTokenBytes], public_key[kPublicKeyBytes], signature[kSignatureBytes] = {};
  TableCache tables;
  static KeyOwner one, other;
  check(one.import_seed(kSeed, 1, token, public_key) == Status::kOk, "import");
  check(other.add_ref(token) == Status::kOk, "add_ref");
  check(one.close(token) == Status::kOk && one.close(token) == Status::kKeyClosed, "close");
  check(sign_many(tables, token, 1, batch, signature) == Status::kOk, "sign");
  check(std::memcmp(signature, kSignature, 64) == 0, "signature of a key in the vault");
  check(sign_many(tables, token, 2, batch, signature) == Status::kKeyUsage, "usage");
  const KeyTableFacts facts = key_table_facts();
  check(facts.open_count == 1, "one key is open");
  const int kind = static_cast<int>(facts.vault.kind);
  std::printf("vault: kind %d, errors %d and %d\n", kind, facts.vault.secret_error, facts.vault.lock_error);
  check(other.close(token) == Status::kOk, "last close");
  check(sign_many(tables, token, 1, batch, signature) == Status::kKeyClosed, "closed");
}

}  // namespace

int main() {
  randomness();
  aligned_memory();
  keys();
  for (const Kernel& kernel : all_kernels()) {
    if (!is_supported(kernel)) {
      std::printf("%s: not on this machine\n", kernel.name);
      continue;
    }
    check(choose_kernel(kernel.name) == Status::kOk, kernel.name);
    signing(kernel.name);
    std::printf("%s: ok\n", kernel.name);
  }
  return g_failures == 0 ? 0 : 1;
}
