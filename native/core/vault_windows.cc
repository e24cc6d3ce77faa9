// The vault on Windows: locked, guarded and read-only as elsewhere. Nothing leaves it out of crash dumps; there is no
// fork. VaultFacts::lock_error is an error of VirtualLock, such as ERROR_WORKING_SET_QUOTA.
#if defined(_WIN32)
#include "vault.h"

#include <windows.h>

#include "secret.h"

namespace tracevar {

namespace {

constexpr size_t kVaultBytes = kKeysMax * sizeof(ExpandedSecret);

bool protect(void* memory, DWORD protection) noexcept {
  DWORD before = 0;
  return VirtualProtect(memory, kVaultBytes, protection, &before) != 0;
}

}  // namespace

Status Vault::open() noexcept {
  if (secrets_ != nullptr) return Status::kOk;
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  const size_t guard = system.dwPageSize;
  void* map = VirtualAlloc(nullptr, kVaultBytes + 2 * guard, MEM_RESERVE, PAGE_NOACCESS);
  if (map == nullptr) return Status::kMemory;
  void* inner = static_cast<uint8_t*>(map) + guard;
  if (VirtualAlloc(inner, kVaultBytes, MEM_COMMIT, PAGE_READONLY) == nullptr) {
    (void)VirtualFree(map, 0, MEM_RELEASE);
    return Status::kMemory;
  }
  facts_.lock_error = VirtualLock(inner, kVaultBytes) != 0 ? 0 : static_cast<int>(GetLastError());
  facts_.kind = facts_.lock_error == 0 ? VaultKind::kLocked : VaultKind::kUnlocked;
  static const uint32_t mark = kOwnerMark;
  owner_ = &mark;
  secrets_ = static_cast<ExpandedSecret*>(inner);
  return Status::kOk;
}

Status Vault::unseal() noexcept {
  return secrets_ != nullptr && protect(secrets_, PAGE_READWRITE) ? Status::kOk : Status::kMemory;
}
Status Vault::seal() noexcept { return protect(secrets_, PAGE_READONLY) ? Status::kOk : Status::kMemory; }

void Vault::wipe_all() noexcept {
  if (unseal() != Status::kOk) return;
  wipe(secrets_, kVaultBytes);
}

}  // namespace tracevar
#endif
