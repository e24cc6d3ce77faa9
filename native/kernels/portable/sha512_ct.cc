#include "sha512_ct.h"

#include "../../core/clear.h"
#include "../message.h"

namespace tracevar::portable {

namespace {

// Stack of hash_all and what it calls: 1 KiB by gcc's -fstack-usage, and a margin.
constexpr size_t kStackBytes = 2048;

__attribute__((noinline)) void compress(uint64_t* state, const uint8_t* data, size_t blocks) noexcept {
  sha2_compress<Sha512>(state, data, blocks);
}

__attribute__((noinline)) void hash_all(const HashItem* items, size_t n, uint8_t* out) noexcept {
  Message<uint64_t> position;
  for (size_t i = 0; i < n; i++) {
    message_start<Sha512>(&position, items[i], out + 64 * i);
    message_finish(&position, compress);
  }
}

}  // namespace

TRACEVAR_CLEAR_REGISTERS void sha512_ct(const HashItem* items, size_t n, uint8_t* out) noexcept {
  hash_all(items, n, out);
  wipe_stack_below<kStackBytes>();
}

}  // namespace tracevar::portable
