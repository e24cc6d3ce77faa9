#include "random.h"

#include "os.h"

namespace tracevar {

Status random_bytes(std::span<uint8_t> out) noexcept {
  return os_random(out.data(), out.size()) ? Status::kOk : Status::kRandomness;
}

}  // namespace tracevar
