// What we need of the operating system beyond the C library; nothing else in core/ or kernels/ differs between systems.
// os_posix.cc or os_windows.cc implements it (native/README.md says what was run and what was only compiled).
#ifndef TRACEVAR_CORE_OS_H
#define TRACEVAR_CORE_OS_H

#include <cstddef>
#include <cstdint>

#if !defined(_WIN32)
#include <pthread.h>
#endif

namespace tracevar {

// A lock between threads, not recursive. In static storage it is open before any code has run.
struct OsLock {
#if defined(_WIN32)
  void* slim_lock = nullptr;  // an SRWLOCK
#else
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
#endif
};
void os_lock(OsLock* lock) noexcept;
void os_unlock(OsLock* lock) noexcept;

// Fills `out` from the system's generator, which waits until it has been seeded. False: the call failed.
[[nodiscard]] bool os_random(uint8_t* out, size_t size) noexcept;

// Memory for os_aligned_free(); null: there is none. `alignment` is a power of two and divides `size`.
[[nodiscard]] void* os_aligned_alloc(size_t alignment, size_t size) noexcept;
void os_aligned_free(void* memory) noexcept;

}  // namespace tracevar

#endif
