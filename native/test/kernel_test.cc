// Every kernel that this CPU can run against definitions, in a debug build: limb ranges are asserted in every operation
// of the portable field, and in kernels that have such assertions. Field, points and tables are tested with the portable
// field's own operations; the other kernels by their answers. (JavaScript tests compare bytes and verdicts: test/native.)
//   kernel_test [seed]
#include <bit>
#include <cassert>
#include <cstring>

#include "../core/ed25519.h"
#include "../core/secret.h"
#include "../kernels/lanes/constants.h"
#include "../kernels/portable/portable.h"
#include "../kernels/portable/scalar_ct.h"
#include "../kernels/portable/tables.h"
#include "support.h"

#ifdef NDEBUG
#error "build with -DCMAKE_BUILD_TYPE=Debug: this test wants the assertions"
#endif

namespace tracevar {

namespace {

using portable::kOrder;
using test::check;
using test::fill_random;

#include "../kernels/portable/field.inc"

#include "../kernels/lanes/points.inc"

#include "../kernels/lanes/decode.inc"

// --- field ---

bool same(const Fe& f, const Fe& g) { return fe_is_zero(fe_carry_difference(wide_of(f), wide_of(g))) != 0; }

void field_constants() {
  const Fe d = fe_constant(kD), minus_121665 = fe_carry_difference(wide_of(fe_zero()), wide_of({{121665}}));
  check(same(fe_mul(d, {{121666}}), minus_121665), "field", "d = -121665/121666");
  check(same(fe_constant(k2D), fe_carry_sum(wide_of(d), wide_of(d))), "field", "2d");
  const Fe root = fe_constant(kSqrtM1);
  check(same(fe_carry_sum(wide_sqr(root), wide_of(fe_one())), fe_zero()), "field", "sqrt(-1)^2 = -1");
}

void field_edges() {
  const uint64_t t = kTightEnd - 1, w = (uint64_t{1} << 52) - 1;
  const Fe f = {{t, t, t, t, t}}, factor = {{w, w, w, w, w}}, g = {{1, t, 2, t, 3}};
  check(same(fe_mul(f, f), fe_sqr(f)), "field", "square of the largest tight element");
  check(same(fe_mul(f, fe_one()), f), "field", "one is neutral");
  check(same(fe_mul(f, factor), fe_mul(fe_carry(wide_of(factor)), f)), "field", "the largest factor");
  check(same(fe_mul(fe_mul(f, g), factor), fe_mul(f, fe_mul(g, factor))), "field", "products associate");
  check(same(fe_carry(wide_twice(wide_mul(f, f))), fe_carry_sum(wide_sqr(f), wide_sqr(f))), "field", "twice a product");
  check(same(fe_carry_difference(wide_twice(wide_mul(f, f)), wide_mul(f, f)), fe_sqr(f)), "field", "2 x - x = x");
  check(same(fe_mul(f, fe_invert(f)), fe_one()), "field", "inverse");
  check(same(fe_invert(fe_zero()), fe_zero()), "field", "inverse of zero");
  check(same(fe_constant(kPrime), fe_zero()), "field", "p is 0");
  check(same({{kMask51, kMask51, kMask51, kMask51, kMask51}}, {{18}}), "field", "2^255 - 1 is 18");
  uint8_t bytes[32], zero[32] = {};
  fe_store(bytes, 32, fe_constant(kPrime));
  check(std::memcmp(bytes, zero, 32) == 0, "field", "p has the encoding of 0");
  fill_random(bytes, sizeof bytes);
  bytes[31] = 0x7e;
  uint8_t again[32];
  fe_store(again, 32, fe_load(bytes, 32));
  check(std::memcmp(bytes, again, 32) == 0, "field", "what was loaded is stored");
}

// --- points ---

constexpr Fe kSmall1 = {{1, 0, 0, 0, 0}};

Sum negated(const Sum& p) {
  return {p.ypx, p.ymx, p.z, fe_carry_difference(wide_of(fe_zero()), wide_of(p.t))};
}

// X1 Z2 = X2 Z1 and Y1 Z2 = Y2 Z1, on Y - X and Y + X.
bool same(const Sum& p, const Sum& q) {
  const Fe zp = fe_carry(p.z), zq = fe_carry(q.z);
  return same(fe_mul(p.ymx, zq), fe_mul(q.ymx, zp)) && same(fe_mul(p.ypx, zq), fe_mul(q.ypx, zp));
}

// m P by doubling and adding.
Sum multiple(const uint8_t m[32], const Sum& p) {
  Sum sum = sum_neutral(kSmall1);
  for (int bit = 255; bit >= 0; bit--) {
    sum = twice(sum);
    if ((m[bit / 8] >> (bit % 8) & 1) != 0) sum = add(sum, cached(p));
  }
  return sum;
}

Sum multiple(uint8_t m, const Sum& p) {
  const uint8_t bytes[32] = {m};
  return multiple(bytes, p);
}

// The point as x || y.
void affine(const Sum& p, uint8_t point[64]) {
  const Fe half_z = fe_invert(fe_carry(wide_twice(p.z)));
  fe_store(point, 32, fe_mul(fe_carry_difference(wide_of(p.ypx), wide_of(p.ymx)), half_z));
  fe_store(point + 32, 32, fe_mul(fe_carry_sum(wide_of(p.ypx), wide_of(p.ymx)), half_z));
}

void encode(uint8_t out[32], const Sum& p) {
  uint8_t point[64];
  affine(p, point);
  point_encode(out, point);
}

Sum base_point() {
  uint8_t encoded[32];
  std::memset(encoded, 0x66, sizeof encoded);
  encoded[0] = 0x58;
  Sum base;
  check(decode_negated(encoded, &base) == 1, "points", "the base point decodes");
  base = negated(base);
  uint8_t point[64];
  affine(base, point);
  check(same(fe_mul(fe_load(point + 32, 32), {{5}}), {{4}}) && (point[0] & 1) == 0, "points", "y = 4/5, x even");
  return base;
}

// Entry j of row i is j 2^(width i) P: y + x, y - x, 2 d x y, all limbs below 2^51.
void check_table(const KeyTable* table, int width, const Sum& p, const char* name) {
  check(table->width == static_cast<uint32_t>(width) && table->windows == digit_count(width), name, "shape");
  Sum unit = p;
  for (size_t i = 0; i < table->windows; i++) {
    Sum want = sum_neutral(kSmall1);
    for (size_t j = 0; j < key_table_row(width); j++) {
      const KeyEntry& entry = key_table_row_start(table, i)[j];
      bool limbs_below = entry.v[15] == 0;
      for (uint64_t limb : entry.v) limbs_below &= limb <= kMask51;
      const Fe ypx = {{entry.v[0], entry.v[1], entry.v[2], entry.v[3], entry.v[4]}};
      const Fe ymx = {{entry.v[5], entry.v[6], entry.v[7], entry.v[8], entry.v[9]}};
      const Fe xy2d = {{entry.v[10], entry.v[11], entry.v[12], entry.v[13], entry.v[14]}};
      const Fe z = fe_carry(want.z);
      const bool right = same(fe_mul(z, ypx), want.ypx) && same(fe_mul(z, ymx), want.ymx) &&
                         same(fe_mul(z, xy2d), fe_mul(want.t, fe_constant(k2D)));
      check(limbs_below && right, name, "row, entry", 1000 * i + j);
      want = add(want, cached(unit));
    }
    for (int bit = 0; bit < width; bit++) unit = twice(unit);
  }
}

void tables(const Sum& base) {
  check_table(base_tables().sign, kBaseSignWidth, base, "table for signing");
  check_table(base_tables().check, kKeyWidthLarge, base, "table for checking");
  const Sum key = multiple(123, base);
  uint8_t encoded[32];
  encode(encoded, key);
  for (int width : {kKeyWidthSmall, kKeyWidthLarge}) {
    KeyTable* table = static_cast<KeyTable*>(std::aligned_alloc(64, (key_table_bytes(width) + 63) / 64 * 64));
    check(key_table_build(table, width, encoded), "table of a key", "is built");
    check_table(table, width, negated(key), "table of a key");
    std::free(table);
  }
}

// --- scalars ---

// sum digits[stride i] 2^(width i), modulo 2^320.
void sum_of_digits(const int8_t* digits, size_t stride, int width, uint64_t out[5]) {
  std::memset(out, 0, 40);
  for (size_t i = digit_count(width); i-- > 0;) {
    const int64_t digit = digits[stride * i];
    u128 carry = static_cast<uint64_t>(digit);
    for (int word = 0; word < 5; word++) {
      const u128 t = (u128{out[word]} << width) + carry;
      out[word] = static_cast<uint64_t>(t);
      carry = static_cast<uint64_t>(t >> 64);
      if (word < 4) carry += digit < 0 ? ~uint64_t{0} : 0;  // the digit's sign
    }
  }
}

template <int kWidth>
void check_digits(const uint8_t s[32]) {
  int8_t digits[2 * 128];
  signed_digits<kWidth>(digits, 2, s);
  uint64_t sum[5], want[5] = {};
  sum_of_digits(digits, 2, kWidth, sum);
  std::memcpy(want, s, 32);
  check(std::memcmp(sum, want, 40) == 0, "digits", "add up, width", kWidth);
  for (size_t i = 0; i < digit_count(kWidth); i++) {
    const bool in_range = digits[2 * i] >= -(1 << (kWidth - 1)) && digits[2 * i] < 1 << (kWidth - 1);
    check(in_range, "digits", "are in range, width", kWidth);
  }
}

// L - 1 and others whose digits or limbs are all at an end of their range.
constexpr size_t kScalars = 40;

void make_scalars(uint8_t (*s)[32]) {
  std::memset(s, 0, 32 * kScalars);
  for (size_t i = 0; i < 3; i++) s[i][0] = static_cast<uint8_t>(i);
  for (size_t i = 3; i < 6; i++) {
    std::memcpy(s[i], kOrder, 32);
    s[i][0] = static_cast<uint8_t>(s[i][0] - (i - 2));
  }
  std::memset(s[6], 0xff, 31);
  s[7][31] = 0x0f;
  for (size_t bit = 0; bit < 252; bit++) {
    const size_t five = bit % 5;
    const auto at = static_cast<uint8_t>(1 << bit % 8);
    if (five == 4) s[8][bit / 8] |= at;               // digits of 16: the first turns into -16 and a carry
    if (five != 4) s[9][bit / 8] |= at;               // 15
    if (five == 4 || five == 0) s[10][bit / 8] |= at;  // 17
  }
  for (size_t i = 11; i < kScalars; i++) {
    fill_random(s[i], 32);
    s[i][31] &= 0x0f;
  }
}

void digits(const uint8_t (*s)[32]) {
  for (size_t i = 0; i < kScalars; i++) {
    check_digits<4>(s[i]);
    check_digits<5>(s[i]);
    check_digits<8>(s[i]);
  }
}

// L, L - 1, 2^512 - 1 and 0 reduced, (-1)(-1), -1 + 1, and what portable says of any.
void scalars_of(const Kernel& kernel) {
  constexpr size_t kMax = 20;
  static constexpr uint64_t kAllOnes[4] = {0xa40611e3449c0f00, 0xd00e1ba768859347, 0xceec73d217f5be65,
                                           0x0399411b7c309a3d};
  const Ed25519Kernel& ed = *kernel.ed25519;
  uint8_t wide[64 * kMax] = {}, out[32 * kMax], want[32 * kMax], zero[32] = {}, minus_1[32];
  std::memcpy(minus_1, kOrder, 32);
  minus_1[0]--;
  std::memcpy(wide, kOrder, 32);
  std::memcpy(wide + 64, minus_1, 32);
  std::memset(wide + 128, 0xff, 64);
  ed.reduce_ct(wide, 4, out);
  check(std::memcmp(out, zero, 32) == 0, kernel.name, "L mod L = 0");
  check(std::memcmp(out + 32, minus_1, 32) == 0, kernel.name, "L - 1 mod L = L - 1");
  check(std::memcmp(out + 64, kAllOnes, 32) == 0, kernel.name, "2^512 - 1 mod L");
  check(std::memcmp(out + 96, zero, 32) == 0, kernel.name, "0 mod L");
  uint8_t b[64] = {}, c[64] = {1};
  const uint8_t* a[kMax] = {minus_1, minus_1};
  std::memcpy(b, minus_1, 32);
  b[32] = 1;
  c[0] = 0, c[32] = 1;
  ed.multiply_add_ct(a, b, c, 2, out);
  check(out[0] == 1 && std::memcmp(out + 1, zero, 31) == 0, kernel.name, "(-1)(-1) = 1 mod L");
  check(std::memcmp(out + 32, zero, 32) == 0, kernel.name, "-1 + 1 = 0 mod L");
  for (size_t n = 1; n <= kMax; n++) {
    fill_random(wide, sizeof wide);
    ed.reduce_ct(wide, n, out);
    for (size_t i = 0; i < n; i++) portable::scalar_reduce(want + 32 * i, wide + 64 * i);
    check(std::memcmp(out, want, 32 * n) == 0, kernel.name, "reduces as portable does", n);
    uint8_t any[kMax][32], sums[32 * kMax];
    fill_random(any[0], sizeof any);
    for (size_t i = 0; i < n; i++) {
      any[i][31] &= 0x7f;
      a[i] = any[i];
      portable::scalar_multiply_add(sums + 32 * i, any[i], want + 32 * (n - 1 - i), want + 32 * i);
    }
    uint8_t reversed[32 * kMax];
    for (size_t i = 0; i < n; i++) std::memcpy(reversed + 32 * i, want + 32 * (n - 1 - i), 32);
    ed.multiply_add_ct(a, reversed, want, n, out);
    check(std::memcmp(out, sums, 32 * n) == 0, kernel.name, "multiplies and adds as portable does", n);
  }
}

// --- multiples of the base point ---

void multiples_of(const Kernel& kernel, const Sum& base, const uint8_t (*s)[32]) {
  static uint8_t want[kScalars][64];
  for (size_t i = 0; i < kScalars; i++) affine(multiple(s[i], base), want[i]);
  for (size_t n : {1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 40, 128}) {
    uint8_t scalars[32 * kLaneItemsMax], blinds[16 * kLaneItemsMax], points[64 * kLaneItemsMax];
    for (size_t first = 0; first < kScalars; first += n) {
      for (size_t i = 0; i < n; i++) std::memcpy(scalars + 32 * i, s[(first + i) % kScalars], 32);
      fill_random(blinds, sizeof blinds);
      std::memset(blinds, n % 2 == 0 ? 0 : 0xff, 16);
      kernel.ed25519->multiply_base_ct(scalars, blinds, n, points);
      for (size_t i = 0; i < n; i++) {
        const bool right = std::memcmp(points + 64 * i, want[(first + i) % kScalars], 64) == 0;
        check(right, kernel.name, "a multiple of B, scalar", (first + i) % kScalars);
      }
    }
  }
}

// --- signatures ---

// Signs and verifies batches of several keys; a changed bit of key, R, S or message is noticed.
void signatures_of(const Kernel& kernel) {
  constexpr size_t kKeys = 3;
  ExpandedSecret secrets[kKeys];
  uint8_t keys[kKeys][32], seed[32], message[300];
  for (size_t i = 0; i < kKeys; i++) {
    fill_random(seed, sizeof seed);
    check(expand_seed_ct(seed, &secrets[i], keys[i]) == Status::kOk, kernel.name, "a key is made");
  }
  fill_random(message, sizeof message);
  for (size_t n : {1, 2, 8, 9, 64, 130}) {
    TableCache cache;
    SignItem items[130];
    VerifyItem made[130];
    static uint8_t signatures[130][64], spoilt[130][64];
    uint8_t verdicts[130];
    for (size_t i = 0; i < n; i++) {
      items[i] = {&secrets[i % kKeys], keys[i % kKeys], {message, 2 * i}, signatures[i]};
      made[i] = {keys[i % kKeys], signatures[i], {message, 2 * i}};
    }
    check(sign_batch_ct(cache, items, n) == Status::kOk, kernel.name, "signs", n);
    for (int round = 0; round < 40; round++) {  // the tables of the keys grow meanwhile
      verify_batch(cache, made, n, verdicts);
      for (size_t i = 0; i < n; i++) check(verdicts[i] == 1, kernel.name, "accepts what it signed, item", i);
    }
    for (size_t i = 0; i < n; i++) {
      std::memcpy(spoilt[i], signatures[i], 64);
      spoilt[i][i % 63] = static_cast<uint8_t>(spoilt[i][i % 63] ^ 1 << i % 8);
      made[i].signature = spoilt[i];
    }
    verify_batch(cache, made, n, verdicts);
    for (size_t i = 0; i < n; i++) check(verdicts[i] == 0, kernel.name, "refuses a spoilt signature, item", i);
    for (size_t i = 0; i < n; i++) made[i] = {keys[(i + 1) % kKeys], signatures[i], {message, 2 * i}};
    verify_batch(cache, made, n, verdicts);
    for (size_t i = 0; i < n; i++) check(verdicts[i] == 0, kernel.name, "refuses another key, item", i);
  }
}

// The encodings with y < p that decode to a point of order 8 or less are those that STRICT lists: found here from
// the curve. T = L Q has small order for any Q; one of order 8 generates all. With such a point as A and as R, S = 0
// and a fitting message, the equation alone would accept some signatures.
void small_orders_of(const Kernel& kernel) {
  uint8_t bytes[32] = {}, order[32];
  std::memcpy(order, kOrder, 32);
  Sum torsion = sum_neutral(kSmall1);
  for (uint8_t y = 2; same(multiple(4, torsion), sum_neutral(kSmall1)); y++) {
    bytes[0] = y;
    Sum q;
    if (decode_negated(bytes, &q) == 1) torsion = multiple(order, q);
  }
  for (uint8_t i = 0; i < 8; i++) {
    uint8_t signature[64] = {}, messages[64], verdicts[64];
    encode(signature, multiple(i, torsion));
    VerifyItem items[64];
    for (uint8_t m = 0; m < 64; m++) {
      messages[m] = m;
      items[m] = {signature, signature, {&messages[m], 1}};
    }
    TableCache cache;
    verify_batch(cache, items, 64, verdicts);
    for (uint8_t verdict : verdicts) check(verdict == 0, kernel.name, "a small-order key and R are refused", i);
  }
}

}  // namespace

}  // namespace tracevar

int main(int argc, char** argv) {
  using namespace tracevar;
  if (argc > 1) test::g_random = std::strtoull(argv[1], nullptr, 10);
  std::printf("kernel_test: seed %llu\n", static_cast<unsigned long long>(test::g_random));
  field_constants();
  field_edges();
  const Sum base = base_point();
  tables(base);
  uint8_t scalars[kScalars][32];
  make_scalars(scalars);
  digits(scalars);
  test::for_each_kernel([&](const Kernel& kernel) {
    scalars_of(kernel);
    multiples_of(kernel, base, scalars);
    signatures_of(kernel);
    small_orders_of(kernel);
  });
  return test::result("kernel_test");
}
