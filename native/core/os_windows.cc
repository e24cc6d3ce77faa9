// Windows 10 or newer, for gcc (mingw-w64) and clang. Compiled, never run.
#if defined(_WIN32)
#include "os.h"

#include <windows.h>
// After windows.h, whose types it uses.
#include <bcrypt.h>
#include <malloc.h>

namespace tracevar {

namespace {

SRWLOCK* slim(OsLock* lock) noexcept { return reinterpret_cast<SRWLOCK*>(&lock->slim_lock); }
static_assert(sizeof(SRWLOCK) == sizeof(void*) && alignof(SRWLOCK) == alignof(void*), "SRWLOCK_INIT is a null pointer");

}  // namespace

void os_lock(OsLock* lock) noexcept { AcquireSRWLockExclusive(slim(lock)); }
void os_unlock(OsLock* lock) noexcept { ReleaseSRWLockExclusive(slim(lock)); }

bool os_random(uint8_t* out, size_t size) noexcept {
  while (size > 0) {
    const ULONG some = size < 1 << 20 ? static_cast<ULONG>(size) : 1 << 20;  // ULONG has 32 bits
    if (BCryptGenRandom(nullptr, out, some, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0) return false;
    out += some;
    size -= some;
  }
  return true;
}

void* os_aligned_alloc(size_t alignment, size_t size) noexcept { return _aligned_malloc(size, alignment); }
void os_aligned_free(void* memory) noexcept { _aligned_free(memory); }

}  // namespace tracevar
#endif
