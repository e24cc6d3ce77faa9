// Bytes that must not outlive their use.
#ifndef TRACEVAR_CORE_SECRET_H
#define TRACEVAR_CORE_SECRET_H

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace tracevar {

// Overwrites with zeros. The empty asm claims to read the memory, so the compiler cannot drop the store.
static inline void wipe(void* data, size_t size) noexcept {
  std::memset(data, 0, size);
  __asm__ volatile("" : : "r"(data) : "memory");
}

// N secret bytes, wiped on destruction. Not copyable: a copy is a second place to wipe.
template <size_t N>
class Secret {
 public:
  Secret() noexcept = default;
  ~Secret() noexcept { wipe(bytes_, N); }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] std::span<uint8_t, N> span() noexcept { return std::span<uint8_t, N>(bytes_); }
  [[nodiscard]] uint8_t* data() noexcept { return bytes_; }

 private:
  alignas(16) uint8_t bytes_[N] = {};
};

}  // namespace tracevar

#endif
