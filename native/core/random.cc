#include "random.h"

#include <cstring>

#include "os.h"
#include "secret.h"

namespace tracevar {

namespace {

// What has been given is zeroed.
struct Ahead {
  uint8_t bytes[512];
  size_t left;
};
Ahead g_ahead;  // under g_lock
constinit OsLock g_lock;

Status take_ahead(std::span<uint8_t> out) noexcept {
  Ahead& ahead = g_ahead;
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

}  // namespace

Status random_bytes(std::span<uint8_t> out) noexcept {
  return os_random(out.data(), out.size()) ? Status::kOk : Status::kRandomness;
}

Status blind_bytes(std::span<uint8_t> out) noexcept {
  if (out.size() > sizeof g_ahead.bytes / 8) return random_bytes(out);
  os_lock(&g_lock);
  const Status status = take_ahead(out);
  os_unlock(&g_lock);
  return status;
}

}  // namespace tracevar
