// The memory that private keys live in: one mapping between two guard pages, locked (never swapped), left out of core
// dumps, zeroed in forked children, and read-only but for the moment in which a key is added or wiped.
#ifndef TRACEVAR_CORE_VAULT_H
#define TRACEVAR_CORE_VAULT_H

#include <cstddef>

#include "../kernels/kernel.h"
#include "status.h"

namespace tracevar {

// Private keys open at once in one process. 1,024 secrets of 64 bytes are 64 KiB, the RLIMIT_MEMLOCK that kernels
// before 5.16 give.
constexpr size_t kKeysMax = 1024;

class Vault {
 public:
  // Maps the memory on first use. kMemory: no memory. A failed lock is no failure: see lock_error().
  Status open() noexcept;

  // Between these two the secrets may be written. The caller holds the key table's lock.
  Status unseal() noexcept;
  Status seal() noexcept;

  [[nodiscard]] ExpandedSecret* secret(size_t slot) noexcept { return secrets_ + slot; }

  // 0 when the memory is locked, else the errno of mlock(2) (ENOMEM, EPERM: RLIMIT_MEMLOCK), or -1 before open().
  [[nodiscard]] int lock_error() const noexcept { return lock_error_; }

  // Zeros everything; for process exit. The mapping stays, so that a late reader sees zeros and not a fault.
  void wipe_all() noexcept;

 private:
  ExpandedSecret* secrets_ = nullptr;
  int lock_error_ = -1;
};

}  // namespace tracevar

#endif
