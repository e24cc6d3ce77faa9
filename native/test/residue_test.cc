// What signing and key expansion leave behind, for every kernel: on the stack below, in vector registers, in general
// registers. The stack is painted first; afterwards every word below the call must be paint, zero or an address. This
// finds any value that depends on a secret, also where a kernel reached deeper than what is wiped. The linker puts the
// functions of this file in place of check_own and blind_bytes, so that the stack can be looked at between
// signing and its check, and so that blinds are known. The control leaves a secret, which must be found.
#include <cstring>

#include "../core/ed25519.h"
#include "../kernels/cpu.h"
#include "support.h"
#include "wrapped.h"

extern "C" const char __executable_start, end;  // this program's code and data

namespace tracevar {

namespace {

using test::check;

constexpr size_t kPaintedBytes = 512 * 1024;
constexpr uint64_t kPaint = 0xa5a5a5a5a5a5a5a5;
constexpr size_t kRedZoneBytes = 128;
constexpr size_t kMessageBytes = 200;

uint8_t g_secrets[128 * (kLaneItemsMax + 4)];  // that must not be found; each byte inverted
size_t g_secret_bytes = 0;
uintptr_t g_stack_at_check = 0;
uint64_t g_general[8];                   // general registers on return, but for the one with the result
alignas(64) uint64_t g_vectors[32 * 8];  // vector registers when the check begins
uint32_t g_facts = 0;

void hide(const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; i++) g_secrets[g_secret_bytes++] = static_cast<uint8_t>(~bytes[i]);
}

// A word of a secret in either byte order (SHA-512 loads big-endian words).
bool is_secret(uint64_t word) {
  for (size_t i = 0; i < g_secret_bytes; i += 8) {
    uint64_t hidden;
    std::memcpy(&hidden, g_secrets + i, 8);
    if (word == ~hidden || word == ~__builtin_bswap64(hidden)) return true;
  }
  return false;
}

// The caller's stack, of whatever depth the two functions of this size have in common.
[[gnu::noinline]] void paint() {
  volatile uint64_t area[kPaintedBytes / 8];
  for (volatile uint64_t& word : area) word = kPaint;
}

#if defined(__x86_64__)
uint64_t stack_guard() {
  uint64_t guard;
  __asm__("mov %%fs:0x28, %0" : "=r"(guard));
  return guard;
}
#else
uint64_t stack_guard() { return 0; }
#endif

// Return addresses, saved frame pointers, the guard of stack protectors.
bool is_address(uint64_t word) {
  const auto here = reinterpret_cast<uintptr_t>(__builtin_frame_address(0));
  const bool is_ours = word >= reinterpret_cast<uintptr_t>(&__executable_start) && word < reinterpret_cast<uintptr_t>(&end);
  return is_ours || (word > here - 2 * kPaintedBytes && word < here + 2 * kPaintedBytes) || word == stack_guard();
}

struct Found {
  size_t secrets = 0;  // words of a secret
  size_t others = 0;   // neither paint, zero nor address
  size_t reach = 0;    // bytes from `top` to the deepest word that is not paint
};

Found look(uintptr_t top, size_t bytes) {
  Found found;
  const uintptr_t start = (top - bytes) & ~uintptr_t{7};
  for (uintptr_t at = start; at < top; at += 8) {
    const uint64_t word = *reinterpret_cast<const volatile uint64_t*>(at);
    if (word == kPaint) continue;
    if (found.reach == 0) found.reach = top - at;
    if (word == 0) continue;
    if (is_secret(word)) found.secrets++;
    if (!is_address(word)) found.others++;
  }
  return found;
}

#if defined(__x86_64__)

// Calls with three arguments; g_general is what the function left in registers, *stack where its frame began.
[[gnu::noinline]] uint64_t call(uintptr_t function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t* stack) {
  uint64_t result = function;
  register uintptr_t* where __asm__("r13") = stack;
  __asm__ volatile(
      "mov %%rsp, %%r12\n\t"
      "sub $2048, %%rsp\n\t"  // what is called later than this function, to look, stays above
      "and $-64, %%rsp\n\t"
      "mov %%rsp, (%%r13)\n\t"
      "call *%%rax\n\t"
      "mov %%rcx, 0(%%rbx)\n\t"
      "mov %%rdx, 8(%%rbx)\n\t"
      "mov %%rsi, 16(%%rbx)\n\t"
      "mov %%rdi, 24(%%rbx)\n\t"
      "mov %%r8, 32(%%rbx)\n\t"
      "mov %%r9, 40(%%rbx)\n\t"
      "mov %%r10, 48(%%rbx)\n\t"
      "mov %%r11, 56(%%rbx)\n\t"
      "mov %%r12, %%rsp"
      : "+a"(result), "+D"(a), "+S"(b), "+d"(c)
      : "b"(g_general), "r"(where)
      : "rcx", "r8", "r9", "r10", "r11", "r12", "memory", "cc");
  return result;
}

#define NUMBERS_16 "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15"

// Vector registers to g_vectors, in whatever width the machine has.
[[gnu::always_inline]] inline void dump_vectors() {
  if ((g_facts & kCpuAvx512) != 0) {
    __asm__ volatile(
        ".irp n," NUMBERS_16 ",16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n\t"
        "vmovdqu64 %%zmm\\n, 64*\\n(%0)\n\t.endr" ::"r"(g_vectors) : "memory");
  } else if ((g_facts & kCpuAvx2) != 0) {
    __asm__ volatile(".irp n," NUMBERS_16 "\n\tvmovdqu %%ymm\\n, 64*\\n(%0)\n\t.endr" ::"r"(g_vectors) : "memory");
  } else {
    __asm__ volatile(".irp n," NUMBERS_16 "\n\tmovups %%xmm\\n, 64*\\n(%0)\n\t.endr" ::"r"(g_vectors) : "memory");
  }
}

#else

[[gnu::noinline]] uint64_t call(uintptr_t function, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t* stack) {
  uint8_t room[2048];
  __asm__ volatile("" : : "r"(room) : "memory");
  *stack = reinterpret_cast<uintptr_t>(room);
  return reinterpret_cast<uint64_t (*)(uintptr_t, uintptr_t, uintptr_t)>(function)(a, b, c);
}

inline void dump_vectors() {}

#endif

}  // namespace

namespace test {

// Hides the blinds.
Status wrapped_blind_bytes(std::span<uint8_t> out) noexcept {
  const Status status = real_blind_bytes(out);
  hide(out.data(), out.size());
  return status;
}

// Says that all signatures are right (test/own_signatures_test.cc is about that), and leaves the stack below as it is.
Status wrapped_check(TableCache&, const SignItem*, const uint8_t*, size_t) noexcept {
  dump_vectors();
  uintptr_t stack;
#if defined(__x86_64__)
  __asm__("mov %%rsp, %0" : "=r"(stack));
#else
  __asm__("mov %0, sp" : "=r"(stack));
#endif
  g_stack_at_check = stack - kRedZoneBytes;
  return Status::kOk;
}

}  // namespace test

namespace {

void check_general_registers(const char* name) {
  for (uint64_t word : g_general) check(word == 0, name, "a general register is not cleared");
}

// Seed, then what is made of it.
void key_expansion(const char* name, ExpandedSecret* secret, uint8_t public_key[32]) {
  uint8_t seed[32];
  test::fill_random(seed, sizeof seed);
  g_secret_bytes = 0;
  hide(seed, sizeof seed);
  uintptr_t top;
  for (int round = 0; round < 2; round++) {  // in the second one, tables are there
    paint();
    const uint64_t status = call(reinterpret_cast<uintptr_t>(&expand_seed_ct), reinterpret_cast<uintptr_t>(seed),
                                 reinterpret_cast<uintptr_t>(secret), reinterpret_cast<uintptr_t>(public_key), &top);
    dump_vectors();
    if (round == 0) continue;
    const Found found = look(top, kPaintedBytes - 8192);
    hide(secret->scalar, 64);
    check(status == 0, name, "key expansion");
    check(found.secrets == 0 && found.others == 0, name, "key expansion leaves words on the stack", found.others);
    check_general_registers(name);
    for (uint64_t word : g_vectors) check(word == 0, name, "key expansion leaves vector registers");
  }
}

// A signature's nonce before and after reduction.
void hide_nonce(const ExpandedSecret& secret, Bytes message) {
  uint8_t hash[64], nonce[32];
  const HashItem item = {secret.prefix, 32, message};
  active_kernel().sha512_ct(&item, 1, hash);
  active_kernel().ed25519->reduce_ct(hash, 1, nonce);
  hide(hash, 64);
  hide(nonce, 32);
}

void signing(const char* name, size_t n) {
  static uint8_t message[kMessageBytes], signatures[64 * kLaneItemsMax];
  static ExpandedSecret secrets[2];
  static uint8_t keys[2][32];
  test::fill_random(message, sizeof message);
  for (int i = 0; i < 2; i++) key_expansion(name, &secrets[i], keys[i]);
  g_secret_bytes = 0;
  for (const ExpandedSecret& secret : secrets) hide(secret.scalar, 64);
  SignItem items[kLaneItemsMax];
  for (size_t i = 0; i < n; i++) {
    const Bytes own = {message, 7 * i % kMessageBytes};
    items[i] = {&secrets[i % 2], keys[i % 2], own, signatures + 64 * i};
    hide_nonce(secrets[i % 2], own);
  }
  TableCache cache;
  uintptr_t top;
  paint();
  const uint64_t status = call(reinterpret_cast<uintptr_t>(&sign_batch_ct), reinterpret_cast<uintptr_t>(&cache),
                               reinterpret_cast<uintptr_t>(items), n, &top);
  const Found below = look(g_stack_at_check, kPaintedBytes - 65536), whole = look(top, kPaintedBytes - 8192);
  check(status == 0, name, "signing", n);
  check(below.others == 0, name, "words are left where signing had its stack", below.others);
  check(whole.secrets == 0, name, "words of a secret are left on the stack", whole.secrets);
  check_general_registers(name);
  for (uint64_t word : g_vectors) {
    check(word == 0 || word == n || is_address(word), name, "signing leaves vector registers", n);
  }
  std::printf("  n = %zu: wiped to %zu bytes below the check\n", n, below.reach);
}

uint64_t leave_secret(const uint8_t* secret, uintptr_t, uintptr_t) {
  uint8_t copy[64];
  std::memcpy(copy, secret, sizeof copy);
  __asm__ volatile("" : : "r"(copy) : "memory");
  return 0;
}

void control() {
  uint8_t secret[64];
  test::fill_random(secret, sizeof secret);
  g_secret_bytes = 0;
  hide(secret, sizeof secret);
  uintptr_t top;
  paint();
  (void)call(reinterpret_cast<uintptr_t>(&leave_secret), reinterpret_cast<uintptr_t>(secret), 0, 0, &top);
  const Found found = look(top, kPaintedBytes - 8192);
  check(found.secrets >= 8 && found.others >= 8, "control", "a secret left behind is found", found.secrets);
}

}  // namespace

}  // namespace tracevar

int main() {
  using namespace tracevar;
  g_facts = cpu_facts();
  test::for_each_kernel([](const Kernel& kernel) {
    for (size_t n : {1, 2, 8, 128}) signing(kernel.name, n);
  });
  control();
  return test::result("residue_test");
}
