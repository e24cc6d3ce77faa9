// Sealing in batches (VAR ): complete receipts come in as the bytes that will be stored, each with room for
// its signature; what is signed is what is left of them without some members. Signs, fills in, hashes.
#ifndef TRACEVAR_CORE_SEAL_H
#define TRACEVAR_CORE_SEAL_H

#include <cstdint>
#include <span>

#include "../kernels/kernel.h"
#include "status.h"
#include "table_cache.h"

namespace tracevar {

constexpr size_t kSignatureTextBytes = 86;  // base64url of 64 bytes, without padding
constexpr size_t kDigestTextBytes = 71;     // "sha256:" and 64 lower-case hex digits
constexpr size_t kCutsPerItem = 3;          // members that are not signed: rfc3161_token, signature, tsa_id
constexpr size_t kPlacesPerItem = 1 + 2 * kCutsPerItem;

struct SealBatch {
  std::span<uint8_t> bytes;           // the signatures are written here
  std::span<const uint32_t> offsets;  // n + 1, as in Batch
  // kPlacesPerItem for each item, counted from the start of `bytes`: where the signature's text goes, then begin and
  // end of each range that is not signed, in rising order, maybe empty.
  std::span<const uint32_t> places;

  [[nodiscard]] size_t count() const noexcept { return offsets.size() - 1; }
};

// The first item whose ranges leave it, overlap or fall, or whose signature would not lie inside one of them (it would
// be part of what it signs); count() when there is none. Needs checked offsets and the right number of places.
[[nodiscard]] size_t first_misplaced(const SealBatch& batch) noexcept;

// Memory for signed payloads, kept from call to call unless it is large. Payloads are no secrets.
class SealScratch {
 public:
  SealScratch() noexcept = default;
  ~SealScratch() noexcept;
  SealScratch(const SealScratch&) = delete;
  SealScratch& operator=(const SealScratch&) = delete;

  // At least `size` bytes, or null. Earlier contents are lost.
  [[nodiscard]] uint8_t* reserve(size_t size) noexcept;
  void trim() noexcept;

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

// Signs item i under tokens[i], or all under one token; writes the signatures into `batch.bytes` and the digest string
// of each item, now complete, into `digests` (kDigestTextBytes an item). Any failure leaves zeros where signatures and
// digests go. `batch` has passed first_misplaced().
Status seal_many(TableCache& tables, SealScratch& scratch, std::span<const uint8_t> tokens, uint32_t usage,
                 const SealBatch& batch, std::span<uint8_t> digests) noexcept;

}  // namespace tracevar

#endif
