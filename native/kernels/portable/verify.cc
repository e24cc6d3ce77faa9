#include "verify.h"

#include <cstring>

#include "scalar_ct.h"
#include "sha512_ct.h"

namespace tracevar::portable {

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

// y < p, and not of small order. The second rule also refuses both encodings of x = 0, hence a "negative zero".
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

// k = SHA-512(R || A || M) mod L (RFC 8032 5.1.7 step 2).
void challenge(uint8_t k[32], const uint8_t r[32], const uint8_t public_key[32], Bytes message) noexcept {
  uint8_t hash[64];
  Sha512 sha;
  sha.update({r, 32});
  sha.update({public_key, 32});
  sha.update(message);
  sha.finish(hash);
  scalar_reduce(k, hash);
}

// Bits of a scalar, and one more place for the last carry.
constexpr int kSlidingDigits = 256;

// Width-w non-adjacent form: s = sum digits[i] 2^i, each digit 0 or odd with |digit| < 2^(w-1), and at most one in w
// digits is not 0. s < 2^253.
void sliding_digits(int8_t digits[kSlidingDigits], const uint8_t s[32], int w) noexcept {
  uint64_t words[5] = {};
  std::memcpy(words, s, 32);
  std::memset(digits, 0, kSlidingDigits);
  const uint64_t window = (uint64_t{1} << w) - 1;
  uint64_t carry = 0;
  for (int i = 0; i < kSlidingDigits;) {
    const int word = i / 64, bit = i % 64;
    uint64_t bits = words[word] >> bit;
    if (bit > 64 - w) bits |= words[word + 1] << (64 - bit);
    const uint64_t value = carry + (bits & window);
    if ((value & 1) == 0) {  // the carry, if any, stays for the next place
      i++;
      continue;
    }
    carry = value > window / 2 ? 1 : 0;
    const int digit = static_cast<int>(value) - static_cast<int>(carry << w);
    digits[i] = static_cast<int8_t>(digit);
    i += w;
  }
}

constexpr int kKeyWindow = 5;
constexpr int kKeyOddMultiples = 1 << (kKeyWindow - 2);
constexpr int kBaseWindow = 8;
static_assert(kBaseOddMultiples == 1 << (kBaseWindow - 2));

// s B - k a, by Straus's method with sliding windows: about 253 doublings and 75 additions.
Projective double_multiply(const uint8_t s[32], const uint8_t k[32], const Extended& a) noexcept {
  int8_t s_digits[kSlidingDigits], k_digits[kSlidingDigits];
  sliding_digits(s_digits, s, kBaseWindow);
  sliding_digits(k_digits, k, kKeyWindow);
  const Niels* base = base_tables().odd;
  Cached odd[kKeyOddMultiples];  // a, 3a, 5a, …
  const Extended two_a = to_extended(twice(as_projective(a)));
  odd[0] = to_cached(a);
  for (int i = 1; i < kKeyOddMultiples; i++) odd[i] = to_cached(to_extended(add(two_a, odd[i - 1])));

  int i = kSlidingDigits - 1;
  while (i >= 0 && s_digits[i] == 0 && k_digits[i] == 0) i--;
  Projective sum = as_projective(kIdentity);
  for (; i >= 0; i--) {
    Completed c = twice(sum);
    if (k_digits[i] > 0) c = subtract(to_extended(c), odd[k_digits[i] / 2]);
    if (k_digits[i] < 0) c = add(to_extended(c), odd[-k_digits[i] / 2]);
    if (s_digits[i] > 0) c = add(to_extended(c), base[s_digits[i] / 2]);
    if (s_digits[i] < 0) c = subtract(to_extended(c), base[-s_digits[i] / 2]);
    sum = to_projective(c);
  }
  return sum;
}

// sum + s P, from the comb of P. At most 64 additions (7M each).
Extended add_multiple(Extended sum, const CombTable& comb, const uint8_t s[32]) noexcept {
  int8_t digits[64];
  scalar_digits(digits, s);
  for (int i = 0; i < 64; i++) {
    if (digits[i] > 0) sum = to_extended(add(sum, comb.rows[i][digits[i] - 1]));
    if (digits[i] < 0) sum = to_extended(subtract(sum, comb.rows[i][-digits[i] - 1]));
  }
  return sum;
}

bool encodes_to(const Projective& p, const uint8_t r[32]) noexcept {
  uint8_t bytes[32];
  encode(bytes, p);
  return std::memcmp(bytes, r, 32) == 0;
}

}  // namespace

bool verify_strict(const uint8_t public_key[32], const uint8_t signature[64], Bytes message) noexcept {
  const uint8_t* r = signature;
  const uint8_t* s = signature + 32;
  if (!point_encoding_allowed(public_key) || !point_encoding_allowed(r) || !below(s, kOrder)) return false;
  Extended a;
  if (!decode_vartime(&a, public_key)) return false;
  uint8_t k[32];
  challenge(k, r, public_key, message);
  // Cofactorless (RFC 8032 5.1.7 step 3, without the factor 8): R = s B - k A, as bytes.
  return encodes_to(double_multiply(s, k, a), r);
}

void negated_table_build(CombTable* table, const uint8_t public_key[32]) noexcept {
  Extended a;
  if (!decode_vartime(&a, public_key)) a = kIdentity;  // no point: every check against this table fails
  comb_build(table, {fe_carry(fe_neg(a.x)), a.y, a.z, fe_carry(fe_neg(a.t))});
}

bool verify_own(const CombTable& negated, const uint8_t public_key[32], const uint8_t signature[64],
                Bytes message) noexcept {
  const uint8_t* r = signature;
  const uint8_t* s = signature + 32;
  if (!below(s, kOrder)) return false;
  uint8_t k[32];
  challenge(k, r, public_key, message);
  const Extended sum = add_multiple(add_multiple(kIdentity, base_tables().comb, s), negated, k);
  return encodes_to(as_projective(sum), r);
}

}  // namespace tracevar::portable
