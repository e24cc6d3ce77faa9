// The memory of keys, seen from the process that has it and from children that it forks: which memory it is, where it
// ends, that it is sealed, and that a child which goes on has no keys instead of a fault. Each case is a child of its
// own, since the table is one for each process.
#include <cstring>

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../core/ed25519.h"
#include "../core/key_table.h"
#include "../core/process.h"
#include "support.h"

namespace tracevar::test {

namespace {

constexpr size_t kVaultBytes = kKeysMax * sizeof(ExpandedSecret);

// How a child ended: its exit code, or 1000 + the signal.
template <class Body>
int in_child(Body body) {
  std::fflush(stdout);
  const pid_t pid = fork();
  if (pid == 0) std::exit(body());
  int status = 0;
  (void)waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// The kernel answers ENOSYS to memfd_secret from here on, as one before 5.14 does.
bool forbid_memfd_secret() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 447, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program = {4, code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct Key {
  uint8_t token[kTokenBytes], public_key[kPublicKeyBytes];
};

Status sign_with(const Key& key, uint8_t signature[64]) {
  static const uint8_t message[1] = {};
  static const uint32_t offsets[2] = {0, 1};
  TableCache cache;
  return sign_many(cache, key.token, 1, {message, offsets}, {signature, 64});
}

// A child that goes on after fork: no keys, no new ones, an orderly end, and the parent's stay.
int forked_child(bool in_secret_memory) {
  if (!in_secret_memory && !forbid_memfd_secret()) return 10;
  KeyOwner owner;
  Key key;
  uint8_t signature[64], again[64];
  if (owner.generate(1, key.token, key.public_key) != Status::kOk) return 11;
  if ((key_table_facts().vault.kind == VaultKind::kSecret) != in_secret_memory) return 12;
  if (sign_with(key, signature) != Status::kOk) return 13;
  const int child = in_child([&] {
    Key other;
    if (sign_with(key, again) != Status::kKeyClosed) return 1;
    if (owner.add_ref(key.token) != Status::kKeyClosed) return 2;
    if (owner.close(key.token) != Status::kKeyClosed) return 3;
    if (owner.generate(1, other.token, other.public_key) != Status::kMemory) return 4;
    return 0;
  });
  if (child != 0) return 20 + child;
  if (sign_with(key, again) != Status::kOk || std::memcmp(signature, again, 64) != 0) return 14;
  return 0;
}

// Reads or writes one byte at an offset from the start of the secrets.
int touch(ptrdiff_t offset, bool write) {
  Vault vault;
  if (vault.open() != Status::kOk) return 10;
  volatile uint8_t* byte = reinterpret_cast<volatile uint8_t*>(vault.secret(0)) + offset;
  if (write) *byte = 1;
  return *byte;
}

int limited_memory() {
  const rlimit none = {0, 0};
  if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) return 10;
  if (geteuid() == 0 && setuid(65534) != 0) return 11;  // root may lock beyond any limit
  KeyOwner owner;
  Key key;
  uint8_t signature[64];
  if (owner.generate(1, key.token, key.public_key) != Status::kOk) return 12;
  const VaultFacts facts = key_table_facts().vault;
  if (facts.kind != VaultKind::kUnlocked || facts.lock_error == 0 || facts.secret_error == 0) return 13;
  return sign_with(key, signature) == Status::kOk ? 0 : 14;
}

int undumpable() {
  if (!is_dumpable() || make_undumpable() != 0 || is_dumpable()) return 1;
  return 0;
}

}  // namespace

}  // namespace tracevar::test

int main() {
  using namespace tracevar;
  using namespace tracevar::test;
  constexpr int kFault = 1000 + SIGSEGV;
  const int has_secret_memory = in_child([] { return key_table_facts().vault.kind == VaultKind::kSecret ? 1 : 0; });
  if (has_secret_memory == 1) {
    const int secret = in_child([] { return forked_child(true); });
    check(secret == 0, "memfd_secret", "a forked child has no keys", static_cast<size_t>(secret));
  } else {
    std::puts("this kernel has no memfd_secret");
  }
  const int locked = in_child([] { return forked_child(false); });
  check(locked == 0, "anonymous memory", "a forked child has no keys", static_cast<size_t>(locked));
  check(in_child([] { return touch(0, false); }) == 0, "vault", "its first byte can be read");
  check(in_child([] { return touch(kVaultBytes - 1, false); }) == 0, "vault", "its last byte can be read");
  check(in_child([] { return touch(0, true); }) == kFault, "vault", "it is sealed");
  check(in_child([] { return touch(-1, false); }) == kFault, "vault", "a guard is before it");
  check(in_child([] { return touch(kVaultBytes, false); }) == kFault, "vault", "a guard is behind it");
  const int limited = in_child(limited_memory);
  check(limited == 0, "vault", "without RLIMIT_MEMLOCK it works and says so", static_cast<size_t>(limited));
  check(in_child(undumpable) == 0, "process", "becomes undumpable");
  return result("key_table_test");
}
