// The hash functions of every kernel that this CPU can run: portable against known answers, the others against
// portable for all lengths, alignments, heads and for ragged batches; and what sha512_ct leaves on the stack.
//   hash_test [seed]   the seed of the ragged batches; printed
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "../core/secret.h"
#include "../kernels/cpu.h"
#include "../kernels/kernel.h"
#include "../kernels/portable/sha256.h"
#include "../kernels/portable/sha512_ct.h"
#if defined(__x86_64__)
#include "../kernels/x86/hash.h"
#elif defined(__aarch64__)
#include "../kernels/arm/hash.h"
#endif

using namespace tracevar;

namespace {

using Sha256Many = void (*)(const Batch&, uint8_t*) noexcept;
using Sha512Ct = void (*)(const HashItem*, size_t, uint8_t*) noexcept;

template <class Function>
struct Tested {
  const char* name;
  uint32_t needs;
  Function hash;
};

constexpr Tested<Sha256Many> kSha256[] = {
    {"sha256 portable", 0, portable::sha256_many},
#if defined(__x86_64__)
    {"sha256 shani", kCpuShaNi, x86::sha256_many_shani},
    {"sha256 avx512", kCpuAvx512 | kCpuShaNi, x86::sha256_many_avx512},
#elif defined(__aarch64__)
    {"sha256 armv8", kCpuArmSha2, arm::sha256_many_armv8},
#endif
};

constexpr Tested<Sha512Ct> kSha512[] = {
    {"sha512 portable", 0, portable::sha512_ct},
#if defined(__x86_64__)
    {"sha512 avx2", kCpuAvx2, x86::sha512_avx2_ct},
    {"sha512 avx512", kCpuAvx512 | kCpuAvx2, x86::sha512_avx512_ct},
#endif
};

constexpr size_t kHeadSizes[] = {0, 32, 64};
constexpr size_t kSha256LengthMax = 19 * 64, kSha512LengthMax = 19 * 128;
constexpr size_t kItemsMax = 130;  // more than kLaneItemsMax

uint8_t g_bytes[1 << 20];
int g_failures = 0;

void check(bool ok, const char* name, const char* what, size_t detail) {
  if (ok) return;
  if (g_failures++ < 20) std::printf("FAILED: %s: %s (%zu)\n", name, what, detail);
}

bool equals_hex(const uint8_t* bytes, const char* hex) {
  for (size_t i = 0; hex[2 * i] != 0; i++) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    if (std::memcmp(digits, hex + 2 * i, 2) != 0) return false;
  }
  return true;
}

void sha256_one(Sha256Many hash, Bytes message, uint8_t out[32]) {
  const uint32_t offsets[2] = {0, static_cast<uint32_t>(message.size())};
  hash({message, offsets}, out);
}

// FIPS 180 examples, and a million times "a".
struct Known {
  const char* message;  // null: the million
  const char* sha256;
  const char* sha512;
};

constexpr Known kKnown[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81"
     "a538327af927da3e"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
     "2a9ac94fa54ca49f"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd703"
     "54ec631238ca3445"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd2654"
     "5e96e55b874be909"},
    {nullptr, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
     "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973ebde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e"
     "4eadb217ad8cc09b"},
};

void known_answers(Sha256Many sha256, Sha512Ct sha512) {
  for (const Known& known : kKnown) {
    std::memset(g_bytes, 'a', 1000000);
    Bytes message = {g_bytes, 1000000};
    if (known.message != nullptr) {
      message = {reinterpret_cast<const uint8_t*>(known.message), std::strlen(known.message)};
    }
    uint8_t out[64];
    sha256_one(sha256, message, out);
    check(equals_hex(out, known.sha256), "sha256", "known answer of a length", message.size());
    const HashItem item = {nullptr, 0, message};
    sha512(&item, 1, out);
    check(equals_hex(out, known.sha512), "sha512", "known answer of a length", message.size());
  }
}

// The hash of the concatenated hashes of all lengths from 0 to 19 blocks, as Python's hashlib has it.
void known_answer_of_all_lengths(Sha256Many sha256, Sha512Ct sha512) {
  static uint8_t digests[(kSha512LengthMax + 1) * 64];
  for (size_t i = 0; i < kSha512LengthMax; i++) g_bytes[i] = static_cast<uint8_t>(i * 131 + (i >> 8) * 7 + 17);
  uint8_t out[64];
  for (size_t n = 0; n <= kSha256LengthMax; n++) sha256_one(sha256, {g_bytes, n}, digests + 32 * n);
  sha256_one(sha256, {digests, 32 * (kSha256LengthMax + 1)}, out);
  check(equals_hex(out, "79610224e0c77c01e8dbc187f8c475b314d11a9c48f1d4e12bdcba45beddb801"), "sha256", "all lengths",
        kSha256LengthMax);
  for (size_t n = 0; n <= kSha512LengthMax; n++) {
    const HashItem item = {nullptr, 0, {g_bytes, n}};
    sha512(&item, 1, digests + 64 * n);
  }
  const HashItem all = {nullptr, 0, {digests, sizeof digests}};
  sha512(&all, 1, out);
  check(equals_hex(out, "dc34224990a86ea6e11b0ea1db6b2ac8646c32aae21a60ff1cd606e958fd639c6421617fbfbb6266c7580146156"
                        "7a2954a4a042fc773887d2fd1f6027396294e"),
        "sha512", "all lengths", kSha512LengthMax);
}

uint64_t g_random;

uint64_t random_below(uint64_t end) {
  g_random = g_random * 6364136223846793005 + 1442695040888963407;
  return (g_random >> 33) % end;
}

void compare(const Tested<Sha256Many>& tested, const Batch& batch, const char* what, size_t detail) {
  uint8_t expected[32 * kItemsMax], out[32 * kItemsMax + 1];
  portable::sha256_many(batch, expected);
  std::memset(out, 0xa5, sizeof out);
  tested.hash(batch, out);
  const size_t size = 32 * batch.count();
  check(std::memcmp(out, expected, size) == 0 && out[size] == 0xa5, tested.name, what, detail);
}

void compare(const Tested<Sha512Ct>& tested, const HashItem* items, size_t n, const char* what, size_t detail) {
  uint8_t expected[64 * kItemsMax], out[64 * kItemsMax + 1];
  portable::sha512_ct(items, n, expected);
  std::memset(out, 0xa5, sizeof out);
  tested.hash(items, n, out);
  check(std::memcmp(out, expected, 64 * n) == 0 && out[64 * n] == 0xa5, tested.name, what, detail);
}

// Each length alone at every alignment, and in batches of equal lengths that fill the lanes and leave some over.
void all_lengths(const Tested<Sha256Many>& tested) {
  uint32_t offsets[36];
  for (uint32_t length = 0; length <= kSha256LengthMax; length++) {
    for (uint32_t i = 0; i < 36; i++) offsets[i] = i * length;
    for (size_t shift = 0; shift < 64; shift++) {
      compare(tested, {{g_bytes + shift, length}, {offsets, 2}}, "one of a length", length);
    }
    for (size_t n : {2u, 3u, 16u, 35u}) {
      compare(tested, {{g_bytes + length % 64, n * length}, {offsets, n + 1}}, "equal lengths", length);
    }
  }
}

void all_lengths(const Tested<Sha512Ct>& tested) {
  HashItem items[64];
  for (size_t length = 0; length <= kSha512LengthMax; length++) {
    for (size_t head : kHeadSizes) {
      // Total lengths, so that every remainder meets every head.
      const size_t body = length < head ? 0 : length - head;
      for (size_t i = 0; i < 64; i++) {
        const uint8_t* start = g_bytes + 4096 * i + i;
        items[i] = {head == 0 ? nullptr : g_bytes + 8192 + 67 * i, head, {start, body}};
      }
      compare(tested, items, 64, "equal lengths at all alignments", length);
      compare(tested, items + length % 64, 1, "one of a length", length);
    }
  }
}

void ragged_batches(const Tested<Sha256Many>& tested) {
  uint32_t offsets[kItemsMax + 1] = {};
  for (size_t round = 0; round < 2000; round++) {
    const size_t n = round % 100 == 0 ? kItemsMax : 1 + random_below(40);
    const uint64_t end = round % 3 == 0 ? 130 : 2000;
    for (size_t i = 0; i < n; i++) offsets[i + 1] = offsets[i] + static_cast<uint32_t>(random_below(end));
    compare(tested, {{g_bytes + random_below(64), offsets[n]}, {offsets, n + 1}}, "ragged batch, round", round);
  }
}

void ragged_batches(const Tested<Sha512Ct>& tested) {
  HashItem items[kItemsMax];
  for (size_t round = 0; round < 2000; round++) {
    const size_t n = round % 100 == 0 ? kItemsMax : 1 + random_below(40);
    const uint64_t end = round % 3 == 0 ? 260 : 3000;
    for (size_t i = 0; i < n; i++) {
      const size_t head = round % 2 == 0 ? kHeadSizes[random_below(3)] : random_below(kHashHeadBytesMax + 1);
      items[i] = {g_bytes + random_below(4096), head, {g_bytes + random_below(4096), random_below(end)}};
    }
    compare(tested, items, n, "ragged batch, round", round);
  }
}

constexpr size_t kProbeWords = 4096;  // 32 KiB of stack
constexpr size_t kSecretBytes = 64;

__attribute__((noinline)) void clear_below() {
  uint64_t area[kProbeWords];
  wipe(area, sizeof area);
}

// Words of the secret, in either byte order, in the stack below the caller, where earlier calls had their frames.
__attribute__((noinline)) size_t hits_below(const uint8_t* secret) {
  uint64_t area[kProbeWords];
  __asm__ volatile("" : "=m"(area));  // "written", as far as the compiler knows
  size_t hits = 0;
  for (uint64_t found : area) {
    for (size_t i = 0; i < kSecretBytes; i += 8) {
      uint64_t word;
      std::memcpy(&word, secret + i, 8);
      if (found == word || found == __builtin_bswap64(word)) hits++;
    }
  }
  return hits;
}

__attribute__((noinline)) void leave_secret_below(const uint8_t* secret) {
  uint8_t copy[kSecretBytes];
  std::memcpy(copy, secret, sizeof copy);
  __asm__ volatile("" : : "r"(copy) : "memory");
}

// Neither the head nor the digest, which is a nonce, may be found.
void residues(const Tested<Sha512Ct>& tested) {
  static uint8_t secret[kSecretBytes], out[64 * kItemsMax];
  for (uint8_t& byte : secret) byte = static_cast<uint8_t>(1 + random_below(255));
  HashItem items[kItemsMax];
  for (size_t n : {1u, 2u, 3u, 5u, 8u, 9u, 130u}) {
    for (size_t i = 0; i < n; i++) items[i] = {secret, 32 + 32 * (i % 2), {g_bytes + i, 700 + i}};
    for (size_t body : {0u, 40u, 784u}) {
      items[0].body = {g_bytes, body};
      clear_below();
      tested.hash(items, n, out);
      check(hits_below(secret) == 0, tested.name, "a head is left on the stack, batch of", n);
      clear_below();
      tested.hash(items, n, out);
      check(hits_below(out) == 0, tested.name, "the first digest is left on the stack, batch of", n);
      clear_below();
      tested.hash(items, n, out);
      check(hits_below(out + 64 * (n - 1)) == 0, tested.name, "the last digest is left on the stack, batch of", n);
    }
  }
  leave_secret_below(secret);
  check(hits_below(secret) > 0, "control", "a secret left behind is not found", 0);
}

template <class Function>
bool runs_here(const Tested<Function>& tested) {
  const bool runs = (tested.needs & ~cpu_facts()) == 0;
  std::printf("%s: %s\n", tested.name, runs ? "tested" : "this CPU does not have it");
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  g_random = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20250101;
  std::printf("hash_test: seed %llu\n", static_cast<unsigned long long>(g_random));
  for (const auto& sha256 : kSha256) {
    if (runs_here(sha256)) known_answers(sha256.hash, portable::sha512_ct);
  }
  for (const auto& sha512 : kSha512) {
    if (runs_here(sha512)) known_answers(portable::sha256_many, sha512.hash);
  }
  known_answer_of_all_lengths(portable::sha256_many, portable::sha512_ct);
  for (uint8_t& byte : g_bytes) byte = static_cast<uint8_t>(random_below(256));
  for (const auto& sha256 : kSha256) {
    if ((sha256.needs & ~cpu_facts()) != 0 || sha256.needs == 0) continue;
    all_lengths(sha256);
    ragged_batches(sha256);
  }
  for (const auto& sha512 : kSha512) {
    if ((sha512.needs & ~cpu_facts()) != 0) continue;
    residues(sha512);
    if (sha512.needs == 0) continue;
    all_lengths(sha512);
    ragged_batches(sha512);
  }
  std::printf(g_failures == 0 ? "hash_test: ok\n" : "hash_test: %d failures\n", g_failures);
  return g_failures == 0 ? 0 : 1;
}
