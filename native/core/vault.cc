#if !defined(_WIN32)
#include "vault.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "secret.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18  // linux/mman.h since 4.14; older kernels answer EINVAL
#endif

namespace tracevar {

namespace {

// include/uapi/asm-generic/unistd.h since Linux 5.14; the same number on x86-64 and arm64. glibc has no function for it.
constexpr long kSyscallMemfdSecret = 447;

constexpr size_t kVaultBytes = kKeysMax * sizeof(ExpandedSecret);
static_assert(kVaultBytes % 65536 == 0, "whole pages for every page size of Linux");

// Puts secret memory over what is mapped at `inner`. 0, or the errno; then what was there may be gone.
int map_secret(uint8_t* inner) noexcept {
  const int fd = static_cast<int>(syscall(kSyscallMemfdSecret, O_CLOEXEC));
  if (fd < 0) return errno;
  int error = 0;
  if (ftruncate(fd, kVaultBytes) != 0 ||
      mmap(inner, kVaultBytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
      madvise(inner, kVaultBytes, MADV_DONTFORK) != 0) {
    error = errno;
  }
  (void)close(fd);  // the mapping holds the memory
  return error;
}

// The same with private anonymous memory.
bool map_anonymous(uint8_t* inner) noexcept {
  if (mmap(inner, kVaultBytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) return false;
  (void)madvise(inner, kVaultBytes, MADV_WIPEONFORK);  // fails on kernels before 4.14, where a forked child has a copy
  return true;
}

}  // namespace

// Maps the keys' memory at `inner` and notes how.
Status Vault::map_at(uint8_t* inner) noexcept {
  facts_.secret_error = map_secret(inner);
  if (facts_.secret_error == 0) {
    facts_.kind = VaultKind::kSecret;
    facts_.lock_error = 0;
  } else {
    if (!map_anonymous(inner)) return Status::kMemory;
    facts_.lock_error = mlock(inner, kVaultBytes) == 0 ? 0 : errno;
    facts_.kind = facts_.lock_error == 0 ? VaultKind::kLocked : VaultKind::kUnlocked;
  }
  (void)madvise(inner, kVaultBytes, MADV_DONTDUMP);
  return Status::kOk;
}

Status Vault::open() noexcept {
  if (secrets_ != nullptr) return is_ours() ? Status::kOk : Status::kMemory;
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (page_bytes <= 0) return Status::kMemory;
  // A guard, the secrets, a guard, and the page with the owner's mark.
  const size_t page = static_cast<size_t>(page_bytes), whole = kVaultBytes + 3 * page;
  void* map = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED) return Status::kMemory;
  uint8_t* inner = static_cast<uint8_t*>(map) + page;
  uint8_t* last = inner + kVaultBytes + page;
  uint32_t* mark = reinterpret_cast<uint32_t*>(last);
  if (map_at(inner) != Status::kOk || mprotect(last, page, PROT_READ | PROT_WRITE) != 0) {
    (void)munmap(map, whole);
    facts_ = {};
    return Status::kMemory;
  }
  (void)madvise(last, page, MADV_WIPEONFORK);
  *mark = kOwnerMark;
  (void)mprotect(last, page, PROT_READ);
  owner_ = mark;
  secrets_ = reinterpret_cast<ExpandedSecret*>(inner);
  return Status::kOk;
}

Status Vault::unseal() noexcept {
  if (!is_ours()) return Status::kMemory;
  return mprotect(secrets_, kVaultBytes, PROT_READ | PROT_WRITE) == 0 ? Status::kOk : Status::kMemory;
}

Status Vault::seal() noexcept {
  return mprotect(secrets_, kVaultBytes, PROT_READ) == 0 ? Status::kOk : Status::kMemory;
}

void Vault::wipe_all() noexcept {
  if (unseal() != Status::kOk) return;
  wipe(secrets_, kVaultBytes);
}

}  // namespace tracevar
#endif
