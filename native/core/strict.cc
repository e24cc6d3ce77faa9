#include "strict.h"

#include <cstring>

#include "../kernels/portable/scalar_ct.h"

namespace tracevar {

namespace {

// a < b for little-endian words.
bool below(const uint8_t a[32], const uint64_t b[4]) noexcept {
  uint64_t w[4];
  std::memcpy(w, a, 32);
  for (int i = 3; i >= 0; i--) {
    if (w[i] != b[i]) return w[i] < b[i];
  }
  return false;
}

constexpr uint64_t kFieldPrime[4] = {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff,
                                     0x7fffffffffffffff};

// y of the eight points of order 1, 2, 4 and 8; each pair of them differs in the sign of x alone, or has x = 0.
constexpr uint64_t kSmallOrderY[5][4] = {
    {1, 0, 0, 0},
    {0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff},
    {0, 0, 0, 0},
    {0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1},
    {0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e},
};

}  // namespace

bool point_encoding_allowed(const uint8_t bytes[32]) noexcept {
  uint8_t y[32];
  std::memcpy(y, bytes, 32);
  y[31] &= 0x7f;
  if (!below(y, kFieldPrime)) return false;
  for (const auto& small : kSmallOrderY) {
    if (std::memcmp(y, small, 32) == 0) return false;
  }
  return true;
}

bool scalar_encoding_allowed(const uint8_t bytes[32]) noexcept { return below(bytes, portable::kOrder); }

}  // namespace tracevar
