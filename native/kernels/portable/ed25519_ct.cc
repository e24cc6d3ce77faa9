// Ed25519 of the portable kernel.
#include <bit>
#include <cassert>
#include <cstring>

#include "../../core/secret.h"
#include "../lanes/constants.h"
#include "portable.h"
#include "scalar_ct.h"
#include "tables.h"

namespace tracevar {

namespace {

#include "field.inc"

#include "../lanes/points.inc"

#include "../lanes/affine.inc"

#include "../lanes/decode.inc"

// -f, for limbs below 2^51: a factor.
LANES_INLINE Fe negated_factor(const Fe& f) noexcept {
  return {{2 * kPrime.v[0] - f.v[0], 2 * kMask51 - f.v[1], 2 * kMask51 - f.v[2], 2 * kMask51 - f.v[3],
           2 * kMask51 - f.v[4]}};
}

constexpr int kSignWidth = kBaseSignWidth;
constexpr size_t kSignWindows = digit_count(kSignWidth);

// One row of the table of B for signing.
struct SignRow {
  KeyEntry entries[key_table_row(kSignWidth)];
};

const SignRow* sign_rows() noexcept { return reinterpret_cast<const SignRow*>(base_tables().sign + 1); }

// All ones when a == b, else zero. Both below 2^31.
LANES_INLINE uint64_t mask_equal(uint32_t a, uint32_t b) noexcept {
  uint64_t mask = 0 - ((uint64_t{a ^ b} - 1) >> 63);
  __asm__("" : "+r"(mask));  // a value the compiler knows nothing of: it must select by mask, not by branch
  return mask;
}

// digit times the unit of the row: reads the whole row, whatever the digit.
LANES_INLINE Addend select_ct(const SignRow& row, const int8_t* digits) noexcept {
  const uint32_t word = static_cast<uint32_t>(static_cast<int32_t>(digits[0]));
  const uint32_t sign = word >> 31;
  const uint32_t size = (word ^ (0 - sign)) + sign;
  uint64_t v[16] = {};
  for (uint32_t j = 0; j < key_table_row(kSignWidth); j++) {
    const uint64_t mask = mask_equal(size, j);
    for (int i = 0; i < 16; i++) v[i] |= mask & row.entries[j].v[i];
  }
  const uint64_t negative = mask_equal(sign, 1);
  Addend q;
  for (int i = 0; i < 5; i++) {
    const uint64_t swap = negative & (v[i] ^ v[i + 5]);
    q.ypx.v[i] = v[i] ^ swap;
    q.ymx.v[i] = v[i + 5] ^ swap;
    q.xy2d.v[i] = v[i + 10];
  }
  const Fe minus = negated_factor(q.xy2d);
  for (int i = 0; i < 5; i++) q.xy2d.v[i] ^= negative & (q.xy2d.v[i] ^ minus.v[i]);
  return q;
}

LANES_INLINE Addend gather_entries(const KeyEntry* const* entries, unsigned negative) noexcept {
  const uint64_t* v = entries[0]->v;
  Addend q = {{{v[0], v[1], v[2], v[3], v[4]}}, {{v[5], v[6], v[7], v[8], v[9]}}, {{v[10], v[11], v[12], v[13], v[14]}}};
  if (negative != 0) {
    const Fe ypx = q.ypx;
    q.ypx = q.ymx;
    q.ymx = ypx;
    q.xy2d = negated_factor(q.xy2d);
  }
  return q;
}

#include "../lanes/scalars.inc"

#include "../lanes/gather.inc"

#include "../lanes/multiply_base.inc"

#include "../lanes/check.inc"

#include "../lanes/joint.inc"

#include "../lanes/by_groups.inc"

}  // namespace

const Ed25519Kernel kPortableEd25519 = {reduce_ct, multiply_add_ct, multiply_base_ct, check_known, check_unknown,
                                     check_joint};

}  // namespace tracevar
