#include "seal.h"

#include <cstdlib>
#include <cstring>

#include "kernel_choice.h"
#include "key_table.h"
#include "secret.h"

namespace tracevar {

namespace {

constexpr size_t kScratchBytesKept = 512 * 1024;  // 128 receipts of 4 KB

// The places of one item.
struct Places {
  uint32_t signature;
  std::span<const uint32_t, 2 * kCutsPerItem> cuts;
};

Places places_of(const SealBatch& batch, size_t i) noexcept {
  const auto all = batch.places.subspan(kPlacesPerItem * i).first<kPlacesPerItem>();
  return {all[0], all.subspan<1>()};
}

bool is_misplaced(const Places& places, uint32_t begin, uint32_t end) noexcept {
  bool is_inside = false;
  uint32_t at = begin;
  for (size_t cut = 0; cut < kCutsPerItem; cut++) {
    const uint32_t from = places.cuts[2 * cut], to = places.cuts[2 * cut + 1];
    if (from < at || to < from || to > end) return true;
    at = to;
    if (places.signature >= from && to - from >= kSignatureTextBytes &&
        places.signature - from <= to - from - kSignatureTextBytes) {
      is_inside = true;
    }
  }
  return !is_inside;
}

// Copies what is signed of items [first, first + n) to `payloads`; offsets gets n + 1 entries.
void gather(const SealBatch& batch, size_t first, size_t n, uint8_t* payloads, uint32_t* offsets) noexcept {
  uint32_t size = 0;
  offsets[0] = 0;
  for (size_t i = 0; i < n; i++) {
    const Places places = places_of(batch, first + i);
    uint32_t at = batch.offsets[first + i];
    for (size_t cut = 0; cut <= kCutsPerItem; cut++) {
      const uint32_t end = cut < kCutsPerItem ? places.cuts[2 * cut] : batch.offsets[first + i + 1];
      if (end > at) std::memcpy(payloads + size, batch.bytes.data() + at, end - at);
      size += end - at;
      if (cut < kCutsPerItem) at = places.cuts[2 * cut + 1];
    }
    offsets[i + 1] = size;
  }
}

// RFC 4648 section 5 of 64 bytes.
void write_signature(uint8_t text[kSignatureTextBytes], const uint8_t signature[kSignatureBytes]) noexcept {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto digit = [](uint32_t value) { return static_cast<uint8_t>(kDigits[value & 63]); };
  for (size_t i = 0; i < 21; i++) {
    const uint8_t* in = signature + 3 * i;
    const uint32_t bits = static_cast<uint32_t>(in[0] << 16 | in[1] << 8 | in[2]);
    text[4 * i] = digit(bits >> 18);
    text[4 * i + 1] = digit(bits >> 12);
    text[4 * i + 2] = digit(bits >> 6);
    text[4 * i + 3] = digit(bits);
  }
  text[84] = digit(static_cast<uint32_t>(signature[63] >> 2));
  text[85] = digit(static_cast<uint32_t>(signature[63] << 4));
}

void write_digest(uint8_t text[kDigestTextBytes], const uint8_t digest[32]) noexcept {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::memcpy(text, "sha256:", 7);
  for (size_t i = 0; i < 32; i++) {
    text[7 + 2 * i] = static_cast<uint8_t>(kDigits[digest[i] >> 4]);
    text[8 + 2 * i] = static_cast<uint8_t>(kDigits[digest[i] & 15]);
  }
}

// Items [first, first + n), n <= kLaneItemsMax.
Status seal_chunk(TableCache& tables, SealScratch& scratch, std::span<const uint8_t> tokens, uint32_t usage,
                  const SealBatch& batch, size_t first, size_t n, uint8_t* digests) noexcept {
  uint8_t* payloads = scratch.reserve(batch.offsets[first + n] - batch.offsets[first]);
  if (payloads == nullptr) return Status::kMemory;
  uint32_t offsets[kLaneItemsMax + 1];
  gather(batch, first, n, payloads, offsets);
  uint8_t signatures[kSignatureBytes * kLaneItemsMax];
  const Status status = sign_many(tables, tokens, usage, {{payloads, offsets[n]}, {offsets, n + 1}},
                                  {signatures, kSignatureBytes * n});
  if (status != Status::kOk) return status;
  for (size_t i = 0; i < n; i++) {
    write_signature(batch.bytes.data() + places_of(batch, first + i).signature, signatures + kSignatureBytes * i);
  }
  uint8_t hashes[32 * kLaneItemsMax];
  active_kernel().sha256_many({batch.bytes, batch.offsets.subspan(first, n + 1)}, hashes);
  for (size_t i = 0; i < n; i++) write_digest(digests + kDigestTextBytes * i, hashes + 32 * i);
  return Status::kOk;
}

}  // namespace

size_t first_misplaced(const SealBatch& batch) noexcept {
  const size_t count = batch.count();
  for (size_t i = 0; i < count; i++) {
    if (is_misplaced(places_of(batch, i), batch.offsets[i], batch.offsets[i + 1])) return i;
  }
  return count;
}

SealScratch::~SealScratch() noexcept { std::free(data_); }

uint8_t* SealScratch::reserve(size_t size) noexcept {
  if (size <= size_ && data_ != nullptr) return data_;
  std::free(data_);
  data_ = static_cast<uint8_t*>(std::malloc(size > 0 ? size : 1));
  size_ = data_ == nullptr ? 0 : size;
  return data_;
}

void SealScratch::trim() noexcept {
  if (size_ <= kScratchBytesKept) return;
  std::free(data_);
  data_ = nullptr;
  size_ = 0;
}

Status seal_many(TableCache& tables, SealScratch& scratch, std::span<const uint8_t> tokens, uint32_t usage,
                 const SealBatch& batch, std::span<uint8_t> digests) noexcept {
  const bool one_key = tokens.size() == kTokenBytes;
  const size_t total = batch.count();
  Status status = Status::kOk;
  for (size_t done = 0; done < total && status == Status::kOk;) {
    const size_t n = total - done < kLaneItemsMax ? total - done : kLaneItemsMax;
    const auto keys = one_key ? tokens : tokens.subspan(kTokenBytes * done, kTokenBytes * n);
    status = seal_chunk(tables, scratch, keys, usage, batch, done, n, digests.data() + kDigestTextBytes * done);
    done += n;
  }
  scratch.trim();
  if (status == Status::kOk || total == 0) return status;
  for (size_t i = 0; i < total; i++) wipe(batch.bytes.data() + places_of(batch, i).signature, kSignatureTextBytes);
  wipe(digests.data(), digests.size());
  return status;
}

}  // namespace tracevar
