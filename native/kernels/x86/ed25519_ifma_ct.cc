// Ed25519 with AVX-512 IFMA: eight signatures side by side.
#include <atomic>
#include <cstring>

#include "../../core/os.h"
#include "../../core/secret.h"
#include "../lanes/constants.h"
#include "../lanes/digits.h"
#include "../portable/tables.h"
#include "ed25519.h"

#if defined(__x86_64__)
#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx512ifma"))), apply_to = function)
#else
#pragma GCC diagnostic ignored "-Wuninitialized"  // in gcc 12's own header (its bug 105593)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC push_options
#pragma GCC optimize("schedule-insns", "sched-pressure")
#pragma GCC target("avx512f,avx512dq,avx512bw,avx512vl,avx512ifma")
#endif

namespace tracevar {

namespace {

#include "field_ifma.inc"

#include "../lanes/points.inc"

#include "../lanes/affine.inc"

#include "../lanes/decode.inc"

// Turns an entry of a table into its negative in the lanes of `negative`.
LANES_INLINE Addend negate_lanes(const Addend& q, __mmask8 negative) noexcept {
  const V two_p0 = v_set(2 * kPrime.v[0]), two_p = v_set(2 * kMask51);
  Addend r;
  for (int i = 0; i < 5; i++) {
    r.ypx.v[i] = _mm512_mask_blend_epi64(negative, q.ypx.v[i], q.ymx.v[i]);
    r.ymx.v[i] = _mm512_mask_blend_epi64(negative, q.ymx.v[i], q.ypx.v[i]);
    r.xy2d.v[i] = _mm512_mask_sub_epi64(q.xy2d.v[i], negative, i == 0 ? two_p0 : two_p, q.xy2d.v[i]);
  }
  return r;
}

#include "sign_tables_ifma.inc"

// Rows to columns.
LANES_INLINE void transpose(V (&r)[8]) noexcept {
  V t[8];
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
  }
  for (int i = 0; i < 2; i++) {  // t[i]: columns i, i + 2, i + 4, i + 6 of rows 0 and 1; t[i + 2] of 2 and 3; …
    const V a = _mm512_shuffle_i64x2(t[i], t[i + 2], 0x88);      // columns i, i + 4 of rows 0 … 3
    const V b = _mm512_shuffle_i64x2(t[i], t[i + 2], 0xdd);      // columns i + 2, i + 6
    const V c = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0x88);  // the same of rows 4 … 7
    const V d = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0xdd);
    r[i] = _mm512_shuffle_i64x2(a, c, 0x88);
    r[i + 4] = _mm512_shuffle_i64x2(a, c, 0xdd);
    r[i + 2] = _mm512_shuffle_i64x2(b, d, 0x88);
    r[i + 6] = _mm512_shuffle_i64x2(b, d, 0xdd);
  }
}

// digits[lane] times the unit of the row that starts at rows[lane].
LANES_INLINE Addend gather(const KeyEntry* const* rows, const int8_t* digits) noexcept {
  V first[8], second[8];
  for (int lane = 0; lane < 8; lane++) {
    const int digit = digits[lane];
    const uint64_t* entry = rows[lane][digit < 0 ? -digit : digit].v;
    first[lane] = _mm512_load_si512(entry);
    second[lane] = _mm512_load_si512(entry + 8);
  }
  transpose(first);
  transpose(second);
  return negate_lanes({{{first[0], first[1], first[2], first[3], first[4]}},
                       {{first[5], first[6], first[7], second[0], second[1]}},
                       {{second[2], second[3], second[4], second[5], second[6]}}},
                      _mm512_movepi64_mask(_mm512_cvtepi8_epi64(
                          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(digits)))));
}

#include "scalars_ifma.inc"

#include "../lanes/multiply_base.inc"

#include "../lanes/check.inc"

#include "../lanes/joint.inc"

#include "../lanes/spread.inc"

// For one item, windows side by side: 4.7 us for a multiple of B and 2.7 us for a check, against 6.6 us and 8.0 us with
// seven lanes empty. For two items, lanes are faster.
void multiply_base_ct(const uint8_t* scalars, const uint8_t* blinds, size_t n, uint8_t* points) noexcept {
  if (n == 0) return;
  if (n == 1) {
    multiply_base_spread(scalars, blinds, points);
  } else if (n <= kLanes) {
    multiply_base_groups<1>(scalars, blinds, n, points);
  } else {
    multiply_base_groups<kGroupsMax>(scalars, blinds, n, points);
  }
}

void check_known(const KeyTable* const* tables, const Equation* equations, size_t n, uint8_t* verdicts) noexcept {
  if (n == 0) return;
  if (n == 1) {
    verdicts[0] = check_known_spread(tables[0], equations[0]);
  } else if (n <= kLanes) {
    check_known_groups<1>(tables, equations, n, verdicts);
  } else {
    check_known_groups<kGroupsMax>(tables, equations, n, verdicts);
  }
}

void check_unknown(const uint8_t* const* keys, const Equation* equations, size_t n, uint8_t* verdicts) noexcept {
  if (n == 0) return;
  if (n <= kLanes) {
    check_unknown_groups<1>(keys, equations, n, verdicts);
  } else {
    check_unknown_groups<kGroupsMax>(keys, equations, n, verdicts);
  }
}

}  // namespace

const Ed25519Kernel kIfmaEd25519 = {reduce_ct, multiply_add_ct, multiply_base_ct, check_known, check_unknown,
                                     check_joint};

}  // namespace tracevar

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
