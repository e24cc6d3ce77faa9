#include "scalar_ct.h"

#include <cstring>

#include "../../core/secret.h"


namespace tracevar::portable {

namespace {

__extension__ using u128 = unsigned __int128;

// floor(2^512 / L).
constexpr uint64_t kBarrett[5] = {0xed9ce5a30a2c131b, 0x2106215d086329a7, 0xffffffffffffffeb, 0xffffffffffffffff,
                                  0xf};

// out[na + nb] = a[na] * b[nb].
void multiply(uint64_t* out, const uint64_t* a, int na, const uint64_t* b, int nb) noexcept {
  for (int i = 0; i < na + nb; i++) out[i] = 0;
  for (int i = 0; i < na; i++) {
    uint64_t carry = 0;
    for (int j = 0; j < nb; j++) {
      const u128 t = u128{a[i]} * b[j] + out[i + j] + carry;
      out[i + j] = static_cast<uint64_t>(t);
      carry = static_cast<uint64_t>(t >> 64);
    }
    out[i + nb] = carry;
  }
}

// out[n] = a[n] - b[n]; returns the borrow, 0 or 1. out may be a.
uint64_t subtract(uint64_t* out, const uint64_t* a, const uint64_t* b, int n) noexcept {
  uint64_t borrow = 0;
  for (int i = 0; i < n; i++) {
    const u128 t = u128{a[i]} - b[i] - borrow;
    out[i] = static_cast<uint64_t>(t);
    borrow = static_cast<uint64_t>(t >> 64) & 1;
  }
  return borrow;
}

// x mod L for any x < 2^512: Barrett's reduction (Menezes, van Oorschot, Vanstone, Handbook of Applied Cryptography,
// algorithm 14.42) with words of 64 bits, k = 4. The estimate of the quotient is at most 2 too low, so the remainder
// is below 3 L and two conditional subtractions finish.
void reduce(uint8_t out[32], const uint64_t x[8]) noexcept {
  constexpr uint64_t kOrder5[5] = {kOrder[0], kOrder[1], kOrder[2], kOrder[3], 0};
  uint64_t q[10], ql[10], r[5], less[5];
  multiply(q, x + 3, 5, kBarrett, 5);
  multiply(ql, q + 5, 5, kOrder5, 5);
  (void)subtract(r, x, ql, 5);  // modulo 2^320: the true difference is small and not negative
  for (int i = 0; i < 2; i++) {
    const uint64_t borrow = subtract(less, r, kOrder5, 5);
    uint64_t keep = 0 - borrow;  // all ones when r < L
    __asm__("" : "+r"(keep));    // a value the compiler knows nothing of: it must select by mask, not by branch
    for (int j = 0; j < 5; j++) r[j] = (r[j] & keep) | (less[j] & ~keep);
  }
  std::memcpy(out, r, 32);
  wipe(q, sizeof q);
  wipe(ql, sizeof ql);
  wipe(r, sizeof r);
  wipe(less, sizeof less);
}

}  // namespace

void scalar_reduce(uint8_t out[32], const uint8_t in[64]) noexcept {
  uint64_t x[8];
  std::memcpy(x, in, 64);
  reduce(out, x);
  wipe(x, sizeof x);
}

void scalar_multiply_add(uint8_t out[32], const uint8_t a[32], const uint8_t b[32], const uint8_t c[32]) noexcept {
  uint64_t wa[4], wb[4], wc[4], x[8];
  std::memcpy(wa, a, 32);
  std::memcpy(wb, b, 32);
  std::memcpy(wc, c, 32);
  multiply(x, wa, 4, wb, 4);
  uint64_t carry = 0;
  for (int i = 0; i < 8; i++) {  // a b + c < 2^508: no carry out
    const u128 t = u128{x[i]} + (i < 4 ? wc[i] : 0) + carry;
    x[i] = static_cast<uint64_t>(t);
    carry = static_cast<uint64_t>(t >> 64);
  }
  reduce(out, x);
  wipe(wa, sizeof wa);
  wipe(wb, sizeof wb);
  wipe(wc, sizeof wc);
  wipe(x, sizeof x);
}

}  // namespace tracevar::portable
