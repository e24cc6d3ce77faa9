// SHA-512 (FIPS 180-4 6.4), constant time for a given length.
#ifndef TRACEVAR_KERNELS_PORTABLE_SHA512_CT_H
#define TRACEVAR_KERNELS_PORTABLE_SHA512_CT_H

#include <cstdint>

#include "../kernel.h"

namespace tracevar::portable {

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes (FIPS 180-4 4.2.3). The first
// 32 bits of the first 64 of them are the constants of SHA-256 (4.2.2).
extern const uint64_t kShaRoundConstants[80];

// One message in pieces: construct, update, finish. Wiped on destruction, since it may hold the nonce prefix.
class Sha512 {
 public:
  Sha512() noexcept;
  ~Sha512() noexcept;
  Sha512(const Sha512&) = delete;
  Sha512& operator=(const Sha512&) = delete;

  void update(Bytes data) noexcept;
  void finish(uint8_t out[64]) noexcept;

 private:
  void compress(const uint8_t* data, size_t blocks) noexcept;

  uint64_t state_[8];
  uint8_t buffer_[128];
  uint64_t length_ = 0;  // bytes so far
};

// Kernel::sha512_ct.
void sha512_ct(const HashItem* items, size_t n, uint8_t* out) noexcept;

}  // namespace tracevar::portable

#endif
