#include "random.h"

#include <cstring>

#include "os.h"
#include "secret.h"

namespace tracevar {

namespace {

// Of each thread. What has been given is zeroed.
struct Ahead {
  uint8_t bytes[512];
  size_t left;
};
thread_local Ahead t_ahead;

}  // namespace

Status random_bytes(std::span<uint8_t> out) noexcept {
  return os_random(out.data(), out.size()) ? Status::kOk : Status::kRandomness;
}

Status blind_bytes(std::span<uint8_t> out) noexcept {
  Ahead& ahead = t_ahead;
  if (out.size() > sizeof ahead.bytes / 8) return random_bytes(out);
  if (ahead.left < out.size()) {
    ahead.left = 0;
    if (const Status status = random_bytes(ahead.bytes); status != Status::kOk) return status;
    ahead.left = sizeof ahead.bytes;
  }
  ahead.left -= out.size();
  std::memcpy(out.data(), ahead.bytes + ahead.left, out.size());
  wipe(ahead.bytes + ahead.left, out.size());
  return Status::kOk;
}

}  // namespace tracevar
