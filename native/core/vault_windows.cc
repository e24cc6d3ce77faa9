// The vault on Windows: guarded, locked where the working set allows, and read-only as elsewhere. There is no secret
// memory and no fork, and nothing leaves the keys out of crash dumps. Errors are those of Windows, such as
// ERROR_WORKING_SET_QUOTA.
#if defined(_WIN32)
#include "vault.h"

#include <windows.h>

#include "secret.h"

namespace tracevar {

namespace {

constexpr size_t kVaultBytes = kKeysMax * sizeof(ExpandedSecret);

bool set_protection(void* memory, size_t size, DWORD protection) noexcept {
  DWORD before = 0;
  return VirtualProtect(memory, size, protection, &before) != 0;
}

}  // namespace

Status Vault::map_at(uint8_t* inner) noexcept {
  if (VirtualAlloc(inner, kVaultBytes, MEM_COMMIT, PAGE_READONLY) == nullptr) return Status::kMemory;
  facts_.secret_error = ERROR_NOT_SUPPORTED;
  facts_.lock_error = VirtualLock(inner, kVaultBytes) != 0 ? 0 : static_cast<int>(GetLastError());
  facts_.kind = facts_.lock_error == 0 ? VaultKind::kLocked : VaultKind::kUnlocked;
  return Status::kOk;
}

Status Vault::open() noexcept {
  if (secrets_ != nullptr) return Status::kOk;
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  // A guard, the secrets, a guard, and the page with the owner's mark, which nobody needs here.
  const size_t page = system.dwPageSize, whole = kVaultBytes + 3 * page;
  void* map = VirtualAlloc(nullptr, whole, MEM_RESERVE, PAGE_NOACCESS);
  if (map == nullptr) return Status::kMemory;
  uint8_t* inner = static_cast<uint8_t*>(map) + page;
  void* last = VirtualAlloc(inner + kVaultBytes + page, page, MEM_COMMIT, PAGE_READWRITE);
  if (last == nullptr || map_at(inner) != Status::kOk) {
    (void)VirtualFree(map, 0, MEM_RELEASE);
    facts_ = {};
    return Status::kMemory;
  }
  uint32_t* mark = static_cast<uint32_t*>(last);
  *mark = kOwnerMark;
  (void)set_protection(last, page, PAGE_READONLY);
  owner_ = mark;
  secrets_ = reinterpret_cast<ExpandedSecret*>(inner);
  return Status::kOk;
}

Status Vault::unseal() noexcept {
  if (!is_ours()) return Status::kMemory;
  return set_protection(secrets_, kVaultBytes, PAGE_READWRITE) ? Status::kOk : Status::kMemory;
}

Status Vault::seal() noexcept {
  return set_protection(secrets_, kVaultBytes, PAGE_READONLY) ? Status::kOk : Status::kMemory;
}

void Vault::wipe_all() noexcept {
  if (unseal() != Status::kOk) return;
  wipe(secrets_, kVaultBytes);
}

}  // namespace tracevar
#endif
