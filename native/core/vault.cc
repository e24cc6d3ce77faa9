#if !defined(_WIN32)
#include "vault.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "secret.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18  // linux/mman.h since 4.14; older kernels answer EINVAL
#endif

namespace tracevar {

namespace {

constexpr size_t kVaultBytes = kKeysMax * sizeof(ExpandedSecret);
static_assert(kVaultBytes % 65536 == 0, "whole pages for every page size of Linux");

}  // namespace

Status Vault::open() noexcept {
  if (secrets_ != nullptr) return Status::kOk;
  const long page = sysconf(_SC_PAGESIZE);
  if (page <= 0) return Status::kMemory;
  const size_t guard = static_cast<size_t>(page);
  void* map = mmap(nullptr, kVaultBytes + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return Status::kMemory;
  void* inner = static_cast<uint8_t*>(map) + guard;
  if (mprotect(inner, kVaultBytes, PROT_READ) != 0) {
    (void)munmap(map, kVaultBytes + 2 * guard);
    return Status::kMemory;
  }
  lock_error_ = mlock(inner, kVaultBytes) == 0 ? 0 : errno;
  // Both are hardening that old kernels lack; neither is claimed by describe().
  (void)madvise(inner, kVaultBytes, MADV_DONTDUMP);
  (void)madvise(inner, kVaultBytes, MADV_WIPEONFORK);
  secrets_ = static_cast<ExpandedSecret*>(inner);
  return Status::kOk;
}

Status Vault::unseal() noexcept {
  return mprotect(secrets_, kVaultBytes, PROT_READ | PROT_WRITE) == 0 ? Status::kOk : Status::kMemory;
}

Status Vault::seal() noexcept {
  return mprotect(secrets_, kVaultBytes, PROT_READ) == 0 ? Status::kOk : Status::kMemory;
}

void Vault::wipe_all() noexcept {
  if (secrets_ == nullptr || unseal() != Status::kOk) return;
  wipe(secrets_, kVaultBytes);
}

}  // namespace tracevar
#endif
