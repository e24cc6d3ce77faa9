#include "sign_ct.h"

#include <cstring>

#include "../../core/secret.h"
#include "scalar_ct.h"
#include "sha512_ct.h"
#include "tables.h"

// Secrets may be left in registers on return; gcc 11 and clang 15 can clear them.
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#define TRACEVAR_CLEAR_REGISTERS __attribute__((zero_call_used_regs("used")))
#endif
#endif
#ifndef TRACEVAR_CLEAR_REGISTERS
#define TRACEVAR_CLEAR_REGISTERS
#endif

namespace tracevar::portable {

namespace {

// Bytes of stack below a signing call that hold spilled intermediates: 2 KiB by gcc's -fstack-usage, and a margin.
constexpr size_t kStackWipeBytes = 4096;

__attribute__((noinline)) void wipe_stack_below() noexcept {
  uint8_t area[kStackWipeBytes];
  wipe(area, sizeof area);
}

// All ones when a == b, else zero. Both below 2^31.
inline uint64_t mask_equal(uint32_t a, uint32_t b) noexcept {
  uint64_t mask = 0 - ((uint64_t{a ^ b} - 1) >> 63);
  __asm__("" : "+r"(mask));  // a value the compiler knows nothing of: it must select by mask, not by branch
  return mask;
}

inline void move_if(Fe* to, const Fe& from, uint64_t mask) noexcept {
  for (int i = 0; i < 5; i++) to->v[i] ^= mask & (to->v[i] ^ from.v[i]);
}

// digit * 16^i P for -8 <= digit <= 8, from row i: reads the whole row, whatever the digit.
inline Niels select(const Niels row[8], int8_t digit) noexcept {
  const uint32_t word = static_cast<uint32_t>(static_cast<int32_t>(digit));
  const uint32_t sign = word >> 31;
  const uint32_t size = (word ^ (0 - sign)) + sign;
  Niels entry = kNielsIdentity;
  for (uint32_t j = 0; j < 8; j++) {
    const uint64_t mask = mask_equal(size, j + 1);
    move_if(&entry.y_plus_x, row[j].y_plus_x, mask);
    move_if(&entry.y_minus_x, row[j].y_minus_x, mask);
    move_if(&entry.xy2d, row[j].xy2d, mask);
  }
  const uint64_t negative = mask_equal(sign, 1);
  const Niels minus = {entry.y_minus_x, entry.y_plus_x, fe_neg(entry.xy2d)};
  move_if(&entry.y_plus_x, minus.y_plus_x, negative);
  move_if(&entry.y_minus_x, minus.y_minus_x, negative);
  move_if(&entry.xy2d, minus.xy2d, negative);
  return entry;
}

// out = encoding of s B, s < 2^255. 64 additions (7M each) and one inversion.
void multiply_base(uint8_t out[32], const uint8_t s[32]) noexcept {
  const CombTable& comb = base_tables().comb;
  Secret<64> digits;
  int8_t* e = reinterpret_cast<int8_t*>(digits.data());
  scalar_digits(e, s);
  Extended sum = kIdentity;
  for (int i = 0; i < 64; i++) sum = to_extended(add(sum, select(comb.rows[i], e[i])));
  encode(out, as_projective(sum));
  wipe(&sum, sizeof sum);
}

__attribute__((noinline)) void expand_seed_body(const uint8_t seed[32], ExpandedSecret* secret,
                                                uint8_t public_key[32]) noexcept {
  Secret<64> hash;
  Sha512 sha;
  sha.update({seed, 32});
  sha.finish(hash.data());
  hash.data()[0] &= 0xf8;  // RFC 8032 5.1.5 step 2
  hash.data()[31] = static_cast<uint8_t>((hash.data()[31] & 0x7f) | 0x40);
  multiply_base(public_key, hash.data());
  std::memcpy(secret, hash.data(), 64);
}

__attribute__((noinline)) void sign_body(const ExpandedSecret& secret, const uint8_t public_key[32], Bytes message,
                                         uint8_t out[64]) noexcept {
  Secret<64> hash;
  Secret<32> nonce;
  {
    Sha512 sha;  // r = SHA-512(prefix || M), step 2
    sha.update(secret.prefix);
    sha.update(message);
    sha.finish(hash.data());
    scalar_reduce(nonce.data(), hash.data());
  }
  multiply_base(out, nonce.data());  // R, step 3
  Sha512 sha;                        // k = SHA-512(R || A || M), step 4
  sha.update({out, 32});
  sha.update({public_key, 32});
  sha.update(message);
  sha.finish(hash.data());
  Secret<32> k;
  scalar_reduce(k.data(), hash.data());
  scalar_multiply_add(out + 32, secret.scalar, k.data(), nonce.data());  // S = r + k s, step 5
}

}  // namespace

TRACEVAR_CLEAR_REGISTERS void expand_seed_ct(const uint8_t seed[32], ExpandedSecret* secret,
                                             uint8_t public_key[32]) noexcept {
  expand_seed_body(seed, secret, public_key);
  wipe_stack_below();
}

TRACEVAR_CLEAR_REGISTERS void sign_ct(const ExpandedSecret& secret, const uint8_t public_key[32], Bytes message,
                                      uint8_t out[64]) noexcept {
  sign_body(secret, public_key, message, out);
  wipe_stack_below();
}

}  // namespace tracevar::portable
