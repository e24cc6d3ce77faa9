// Linux. The branches for macOS have never been compiled.
#if !defined(_WIN32)
#include "os.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#if defined(__APPLE__)
#include <sys/random.h>
#else
#include <sys/syscall.h>
#endif

namespace tracevar {

namespace {

// Random bytes that were written, at most `size`; -1 with errno.
long random_some(uint8_t* out, size_t size) noexcept {
#if defined(__APPLE__)
  const size_t some = size < 256 ? size : 256;  // GETENTROPY_MAX
  return getentropy(out, some) == 0 ? static_cast<long>(some) : -1;
#else
  // Not getrandom(): glibc has it only since 2.25, above our floor.
  return syscall(SYS_getrandom, out, size, 0);
#endif
}

}  // namespace

void os_lock(OsLock* lock) noexcept { (void)pthread_mutex_lock(&lock->mutex); }
void os_unlock(OsLock* lock) noexcept { (void)pthread_mutex_unlock(&lock->mutex); }

bool os_random(uint8_t* out, size_t size) noexcept {
  while (size > 0) {
    const long got = random_some(out, size);
    if (got > 0) {
      out += got;
      size -= static_cast<size_t>(got);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void* os_aligned_alloc(size_t alignment, size_t size) noexcept { return aligned_alloc(alignment, size); }
void os_aligned_free(void* memory) noexcept { free(memory); }

}  // namespace tracevar
#endif
