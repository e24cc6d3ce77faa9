#include "random.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tracevar {

Status random_bytes(std::span<uint8_t> out) noexcept {
  while (!out.empty()) {
    // Not getrandom(): glibc has it only since 2.25, above our floor.
    const long got = syscall(SYS_getrandom, out.data(), out.size(), 0);
    if (got > 0) {
      out = out.subspan(static_cast<size_t>(got));
    } else if (errno != EINTR) {
      return Status::kRandomness;
    }
  }
  return Status::kOk;
}

}  // namespace tracevar
