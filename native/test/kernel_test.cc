// The portable kernel against the definitions of its constants and tables, in a debug build: limb ranges are asserted
// in every field operation. Bytes and verdicts are tested from JavaScript (test/native).
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../kernels/portable/portable.h"
#include "../kernels/portable/scalar_ct.h"
#include "../kernels/portable/tables.h"

#ifdef NDEBUG
#error "build with -DCMAKE_BUILD_TYPE=Debug: this test wants the assertions"
#endif

using namespace tracevar;
using namespace tracevar::portable;

namespace {

int g_failures = 0;

void check(bool ok, const char* what) {
  if (ok) return;
  std::printf("FAILED: %s\n", what);
  g_failures++;
}

Fe small(uint64_t value) { return {{value, 0, 0, 0, 0}}; }

bool same(const Projective& p, const Projective& q) {
  return fe_equal_vartime(fe_mul(p.x, q.z), fe_mul(q.x, p.z)) && fe_equal_vartime(fe_mul(p.y, q.z), fe_mul(q.y, p.z));
}

bool same(const Niels& n, const Extended& p) {
  return same(to_projective(add(kIdentity, n)), as_projective(p));
}

// m P by doubling and adding.
Extended multiple(unsigned m, const Extended& p) {
  Extended sum = kIdentity;
  for (int bit = 31; bit >= 0; bit--) {
    sum = to_extended(twice(as_projective(sum)));
    if ((m >> bit & 1) != 0) sum = to_extended(add(sum, to_cached(p)));
  }
  return sum;
}

void field_constants() {
  const Fe minus_121665 = fe_carry(fe_neg(small(121665)));
  check(fe_equal_vartime(fe_mul(kFeD, small(121666)), minus_121665), "d = -121665/121666");
  check(fe_equal_vartime(kFe2D, fe_add(kFeD, kFeD)), "2d");
  check(fe_equal_vartime(fe_sqr(kFeSqrtM1), fe_neg(kFeOne)), "sqrt(-1)");
}

void field_edges() {
  // The largest limbs of each range, and inversion.
  const uint64_t loose = kLooseEnd - 1;
  const Fe f = {{loose, loose, loose, loose, loose}};
  check(fe_equal_vartime(fe_mul(f, f), fe_sqr(f)), "square of the largest loose element");
  check(fe_equal_vartime(fe_mul(f, kFeOne), f), "one is neutral");
  check(fe_equal_vartime(fe_mul(f, fe_invert(f)), kFeOne), "inverse");
  check(fe_equal_vartime(fe_invert(kFeZero), kFeZero), "inverse of zero");
  // p, p + 1, 2^255 - 1 have one canonical encoding each.
  const Fe p = {{kMask51 - 18, kMask51, kMask51, kMask51, kMask51}};
  check(fe_equal_vartime(p, kFeZero), "p is 0");
  check(fe_equal_vartime(fe_add(p, kFeOne), kFeOne), "p + 1 is 1");
  check(fe_equal_vartime({{kMask51, kMask51, kMask51, kMask51, kMask51}}, small(18)), "2^255 - 1 is 18");
}

void base_point_and_tables() {
  uint8_t encoded[32];
  std::memset(encoded, 0x66, sizeof encoded);
  encoded[0] = 0x58;
  Extended base;
  check(decode_vartime(&base, encoded), "base point decodes");
  check(fe_equal_vartime(fe_mul(base.y, small(5)), small(4)), "y of the base point is 4/5");
  Extended unit = base;
  bool comb_right = true;
  for (const auto& row : base_tables().comb.rows) {
    for (unsigned j = 0; j < 8; j++) comb_right &= same(row[j], multiple(j + 1, unit));
    unit = multiple(16, unit);
  }
  check(comb_right, "comb of the base point");
  bool odd_right = true;
  for (unsigned i = 0; i < kBaseOddMultiples; i++) odd_right &= same(base_tables().odd[i], multiple(2 * i + 1, base));
  check(odd_right, "odd multiples of the base point");
}

// The encodings with y < p that decode to a point of order 8 or less are those that STRICT lists: found here from
// the curve. T = L Q has small order for any Q; one of order 8 generates all.
void small_order_points() {
  uint8_t bytes[32] = {};
  Extended torsion = kIdentity;
  for (uint8_t y = 2; same(as_projective(multiple(4, torsion)), as_projective(kIdentity)); y++) {
    bytes[0] = y;
    Extended q;
    if (!decode_vartime(&q, bytes)) continue;
    torsion = kIdentity;
    for (int bit = 255; bit >= 0; bit--) {
      torsion = to_extended(twice(as_projective(torsion)));
      if ((kOrder[bit / 64] >> (bit % 64) & 1) != 0) torsion = to_extended(add(torsion, to_cached(q)));
    }
  }
  for (unsigned i = 0; i < 8; i++) {
    uint8_t signature[64] = {};
    encode(signature, as_projective(multiple(i, torsion)));
    // With the point as A and as R, S = 0 and a fitting message, the equation alone would accept some of these.
    uint8_t verdicts[64];
    uint8_t messages[64];
    uint32_t offsets[65];
    uint8_t signatures[64 * 64];
    for (uint32_t m = 0; m < 64; m++) {
      messages[m] = static_cast<uint8_t>(m);
      offsets[m + 1] = m + 1;
      std::memcpy(signatures + 64 * m, signature, 64);
    }
    offsets[0] = 0;
    kPortableKernel.verify_many({signature, 32}, {signatures, sizeof signatures}, {messages, offsets}, verdicts);
    for (uint8_t verdict : verdicts) check(verdict == 0, "a small-order key and R are refused");
  }
}

void scalars() {
  // L, L - 1, 2^512 - 1 and 0 reduced; digits add up.
  uint8_t wide[64] = {};
  uint8_t out[32], zero[32] = {};
  std::memcpy(wide, kOrder, 32);
  scalar_reduce(out, wide);
  check(std::memcmp(out, zero, 32) == 0, "L mod L = 0");
  wide[0]--;
  scalar_reduce(out, wide);
  check(std::memcmp(out, wide, 32) == 0, "L - 1 mod L = L - 1");
  std::memset(wide, 0xff, sizeof wide);
  scalar_reduce(out, wide);
  const uint64_t r_minus_1[4] = {0xa40611e3449c0f00, 0xd00e1ba768859347, 0xceec73d217f5be65, 0x0399411b7c309a3d};
  check(std::memcmp(out, r_minus_1, 32) == 0, "2^512 - 1 mod L");
  uint8_t one[32] = {1}, minus_1[32];
  std::memcpy(minus_1, kOrder, 32);
  minus_1[0]--;
  scalar_multiply_add(out, minus_1, minus_1, zero);
  check(std::memcmp(out, one, 32) == 0, "(-1)(-1) = 1 mod L");
  scalar_multiply_add(out, minus_1, one, one);
  check(std::memcmp(out, zero, 32) == 0, "-1 + 1 = 0 mod L");
}

}  // namespace

int main() {
  field_constants();
  field_edges();
  base_point_and_tables();
  small_order_points();
  scalars();
  std::printf(g_failures == 0 ? "kernel_test: ok\n" : "kernel_test: %d failures\n", g_failures);
  return g_failures == 0 ? 0 : 1;
}
