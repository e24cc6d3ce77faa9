// The memory that private keys live in: one mapping between two guard pages, never swapped, left out of core dumps,
// and read-only but for the moment in which a key is added or wiped.
//
// Where the kernel has memfd_secret(2), it is such memory: the kernel takes the pages out of its own page tables, so
// that neither /proc/PID/mem, ptrace(2), process_vm_readv(2) nor a bug in the kernel that reads through its direct map
// finds the keys. (A machine cannot hibernate while it is open.) Elsewhere it is anonymous memory, locked by mlock(2)
// where RLIMIT_MEMLOCK allows.
//
// A child by fork(2) that runs on without execve(2) has no keys and can make none: secret memory is not mapped there
// (MADV_DONTFORK), locked memory reads as zeros (MADV_WIPEONFORK), and is_ours() is false, so that a call ends in
// kKeyClosed or kMemory and not in a fault. Children that execute a program, as those of Node do, have nothing anyway.
#ifndef TRACEVAR_CORE_VAULT_H
#define TRACEVAR_CORE_VAULT_H

#include <cstddef>

#include "../kernels/kernel.h"
#include "status.h"

namespace tracevar {

// Private keys open at once in one process. 1,024 secrets of 64 bytes are 64 KiB, the RLIMIT_MEMLOCK that kernels
// before 5.16 give.
constexpr size_t kKeysMax = 1024;

enum class VaultKind : uint8_t { kClosed, kSecret, kLocked, kUnlocked };

// How the memory is protected. Errors are errno values; 0 where all went well, -1 before open().
struct VaultFacts {
  VaultKind kind = VaultKind::kClosed;
  int secret_error = -1;  // of memfd_secret (ENOSYS: not there), ftruncate or mmap (EAGAIN: RLIMIT_MEMLOCK)
  int lock_error = -1;    // of mlock (ENOMEM, EPERM: RLIMIT_MEMLOCK); 0 for kSecret, which is never swapped
};

class Vault {
 public:
  // Maps the memory on first use. kMemory: no memory, or this is a forked child. Less protection is no failure: facts().
  Status open() noexcept;

  // Between these two the secrets may be written. The caller holds the key table's lock. kMemory also in a forked child.
  Status unseal() noexcept;
  Status seal() noexcept;

  // False in a forked child of the process that opened it (kernels since 4.14), and before open().
  [[nodiscard]] bool is_ours() const noexcept { return owner_ != nullptr && *owner_ == kOwnerMark; }

  // Only where is_ours().
  [[nodiscard]] ExpandedSecret* secret(size_t slot) noexcept { return secrets_ + slot; }

  [[nodiscard]] const VaultFacts& facts() const noexcept { return facts_; }

  // Zeros everything; for process exit. The mapping stays, so that a late reader sees zeros and not a fault.
  void wipe_all() noexcept;

 private:
  static constexpr uint32_t kOwnerMark = 0x6b657973;

  Status map_at(uint8_t* inner) noexcept;

  ExpandedSecret* secrets_ = nullptr;
  const volatile uint32_t* owner_ = nullptr;  // kOwnerMark, in a page that a forked child sees zeroed
  VaultFacts facts_;
};

}  // namespace tracevar

#endif
