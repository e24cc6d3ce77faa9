// Numbers of edwards25519 (RFC 8032 5.1), in limbs of 51 bits.
#ifndef TRACEVAR_KERNELS_LANES_CONSTANTS_H
#define TRACEVAR_KERNELS_LANES_CONSTANTS_H

#include <cstdint>
#include <cstring>

namespace tracevar {

struct Limbs51 {
  uint64_t v[5];
};

constexpr uint64_t kMask51 = (uint64_t{1} << 51) - 1;

// Of 32 bytes; bit 255 is ignored.
inline Limbs51 limbs51_of(const uint8_t bytes[32]) noexcept {
  uint64_t w[4];
  std::memcpy(w, bytes, 32);
  return {{w[0] & kMask51, (w[0] >> 51 | w[1] << 13) & kMask51, (w[1] >> 38 | w[2] << 26) & kMask51,
           (w[2] >> 25 | w[3] << 39) & kMask51, (w[3] >> 12) & kMask51}};
}

// p = 2^255 - 19.
constexpr Limbs51 kPrime = {{kMask51 - 18, kMask51, kMask51, kMask51, kMask51}};
// d = -121665 / 121666, the curve constant; 2d; a square root of -1, 2^((p-1)/4).
constexpr Limbs51 kD = {{0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
constexpr Limbs51 k2D = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
constexpr Limbs51 kSqrtM1 = {{0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};

}  // namespace tracevar

#endif
