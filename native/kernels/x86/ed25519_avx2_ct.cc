// Ed25519 with AVX2: four signatures side by side.
#if defined(__x86_64__)
#include <immintrin.h>

#include <atomic>
#include <cassert>
#include <cstring>

#include "../../core/os.h"
#include "../../core/secret.h"
#include "../lanes/constants.h"
#include "../lanes/digits.h"
#include "../portable/portable.h"
#include "../portable/scalar_ct.h"
#include "../portable/tables.h"
#include "ed25519.h"

namespace tracevar {

namespace {

#include "sign_tables_avx2.inc"

}  // namespace

}  // namespace tracevar

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi2")
#endif

namespace tracevar {

namespace {

#include "field_avx2.inc"

#include "../lanes/points.inc"

#include "../lanes/affine.inc"

#include "../lanes/decode.inc"

// digit times the unit of the row, a digit a lane. The upper halves of the lanes are left as they come.
LANES_INLINE Addend select_ct(const SignRow& row, const int8_t* digits) noexcept {
  int32_t bytes;
  std::memcpy(&bytes, digits, sizeof bytes);
  const __m256i digit = _mm256_cvtepi8_epi64(_mm_cvtsi32_si128(bytes));
  const __m256i size = _mm256_abs_epi32(digit);  // of the lower halves
  const __m256i zero = _mm256_setzero_si256();
  const __m256i negative = _mm256_cmpgt_epi64(zero, digit);
  const __m256i none = _mm256_cmpeq_epi64(digit, zero);
  const __m256 from_second = _mm256_castsi256_ps(_mm256_slli_epi32(size, 28));  // bit 3, as a sign
  __m256i limbs[30];
  LANES_UNROLL
  for (int i = 0; i < 30; i++) {
    const __m256i* halves = reinterpret_cast<const __m256i*>(row.limbs[i]);
    const __m256i first = _mm256_permutevar8x32_epi32(_mm256_load_si256(halves), size);
    const __m256i second = _mm256_permutevar8x32_epi32(_mm256_load_si256(halves + 1), size);
    const __m256 limb = _mm256_blendv_ps(_mm256_castsi256_ps(first), _mm256_castsi256_ps(second), from_second);
    limbs[i] = _mm256_andnot_si256(none, _mm256_castps_si256(limb));
  }
  // The neutral point: 1, 1, 0.
  limbs[0] = minus(limbs[0], none);
  limbs[10] = minus(limbs[10], none);
  Addend q;
  LANES_UNROLL
  for (int i = 0; i < 10; i++) {
    q.ypx.v[i] = _mm256_blendv_epi8(limbs[i], limbs[10 + i], negative);
    q.ymx.v[i] = _mm256_blendv_epi8(limbs[10 + i], limbs[i], negative);
    const __m256i prime2 = splat(i == 0 ? 2 * (kMask26 - 18) : i % 2 == 0 ? 2 * kMask26 : 2 * kMask25);
    q.xy2d.v[i] = _mm256_blendv_epi8(limbs[20 + i], _mm256_sub_epi32(prime2, limbs[20 + i]), negative);
  }
  return q;
}

// The entries, negated in the lanes of the set.
LANES_INLINE Addend gather_entries(const KeyEntry* const* entries, unsigned negative) noexcept {
  __m256i v[16];
  LANES_UNROLL
  for (int i = 0; i < 16; i += 4) {
    for (int lane = 0; lane < 4; lane++) {
      v[i + lane] = _mm256_load_si256(reinterpret_cast<const __m256i*>(entries[lane]->v + i));
    }
    transpose(v + i);
  }
  const __m256i mask = lane_mask(negative);
  __m256i ypx[5], ymx[5], xy2d[5];
  LANES_UNROLL
  for (int i = 0; i < 5; i++) {
    const __m256i prime2 = splat(2 * kPrime.v[i]);
    ypx[i] = _mm256_blendv_epi8(v[i], v[5 + i], mask);
    ymx[i] = _mm256_blendv_epi8(v[5 + i], v[i], mask);
    xy2d[i] = _mm256_blendv_epi8(v[10 + i], minus(prime2, v[10 + i]), mask);
  }
  return {fe_of_limbs51(ypx), fe_of_limbs51(ymx), fe_of_limbs51(xy2d)};
}

#include "../lanes/scalars.inc"

#include "../lanes/gather.inc"

#include "../lanes/multiply_base.inc"

#include "../lanes/check.inc"

#include "../lanes/by_groups.inc"

}  // namespace

const Ed25519Kernel kAvx2Ed25519 = {reduce_ct, multiply_add_ct, multiply_base_ct, check_known, check_unknown};

}  // namespace tracevar

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
