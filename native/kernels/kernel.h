// What a kernel is: one set of functions for one instruction set. `portable` defines the answers; every other kernel
// must give the same bytes and the same verdicts. Kernels are pure: no allocation, no system call, no state but
// tables computed once from public constants.
#ifndef TRACEVAR_KERNELS_KERNEL_H
#define TRACEVAR_KERNELS_KERNEL_H

#include <cstddef>
#include <cstdint>
#include <span>

namespace tracevar {

using Bytes = std::span<const uint8_t>;

// n byte strings in one buffer: item i is bytes[offsets[i] .. offsets[i+1]]. The caller has checked the offsets.
struct Batch {
  Bytes bytes;
  std::span<const uint32_t> offsets;  // n + 1 entries

  [[nodiscard]] size_t count() const noexcept { return offsets.size() - 1; }
  [[nodiscard]] Bytes item(size_t i) const noexcept {
    return bytes.subspan(offsets[i], offsets[i + 1] - offsets[i]);
  }
};

// The secret half of an Ed25519 key (RFC 8032 5.1.5): clamped scalar, then the prefix of the nonce hash.
struct ExpandedSecret {
  uint8_t scalar[32];
  uint8_t prefix[32];
};
static_assert(sizeof(ExpandedSecret) == 64);

// The public half: the encoded point, and room for the multiples of the negated point that the kernel wants for
// checking its own signatures. The kernel that fills `table` is the one that reads it.
struct PublicKey {
  uint8_t bytes[32];
  void* table;  // Kernel::public_table_bytes bytes, aligned to 16; owned by the caller
};

struct Kernel {
  const char* name;
  size_t public_table_bytes;

  // 32 or 64 bytes an item, concatenated into out.
  void (*sha256_many)(const Batch& batch, uint8_t* out) noexcept;
  void (*sha512_many)(const Batch& batch, uint8_t* out) noexcept;

  // RFC 8032 5.1.5: seed -> scalar, prefix, public key, and the table of the public key. Constant time.
  void (*expand_seed)(const uint8_t seed[32], ExpandedSecret* secret, PublicKey* key) noexcept;

  // RFC 8032 5.1.6, then the check of the result under `key`: false, and zeros in out, when it does not verify.
  // Constant time in the secret. `message` and `out` do not overlap.
  bool (*sign)(const ExpandedSecret& secret, const PublicKey& key, Bytes message, uint8_t out[64]) noexcept;

  // STRICT (native/README.md): one byte an item, 1 or 0. public_keys: 32 bytes, or 32 an item. Variable time.
  void (*verify_many)(Bytes public_keys, Bytes signatures, const Batch& batch, uint8_t* verdicts) noexcept;
};

}  // namespace tracevar

#endif
