#include "sha256.h"

#include "../message.h"

namespace tracevar::portable {

namespace {

void compress(uint32_t* state, const uint8_t* data, size_t blocks) noexcept {
  sha2_compress<Sha256>(state, data, blocks);
}

}  // namespace

void sha256(Bytes message, uint8_t out[32]) noexcept {
  Message<uint32_t> position;
  message_start<Sha256>(&position, {nullptr, 0, message}, out);
  message_finish(&position, compress);
}

void sha256_many(const Batch& batch, uint8_t* out) noexcept {
  for (size_t i = 0; i < batch.count(); i++) sha256(batch.item(i), out + 32 * i);
}

}  // namespace tracevar::portable
