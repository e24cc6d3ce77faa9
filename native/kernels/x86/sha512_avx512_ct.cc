// SHA-512 of eight messages at a time: one 64-bit lane each. Constant time for given lengths.
#if defined(__x86_64__)

#include "../../core/clear.h"
#include "../message.h"
#include "finish.h"
#include "hash.h"
#include "intrinsics.h"
#include "lanes.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl")
#endif

namespace tracevar::x86 {

namespace {

#define ALWAYS_INLINE __attribute__((always_inline)) inline

constexpr size_t kLanes = 8;

ALWAYS_INLINE __m512i add(__m512i a, __m512i b) noexcept { return _mm512_add_epi64(a, b); }
ALWAYS_INLINE __m512i xor3(__m512i a, __m512i b, __m512i c) noexcept {
  return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
ALWAYS_INLINE __m512i choose(__m512i e, __m512i f, __m512i g) noexcept {
  return _mm512_ternarylogic_epi64(e, f, g, 0xca);
}
ALWAYS_INLINE __m512i majority(__m512i a, __m512i b, __m512i c) noexcept {
  return _mm512_ternarylogic_epi64(a, b, c, 0xe8);
}

template <const int (&kBy)[3]>
ALWAYS_INLINE __m512i upper_sigma(__m512i x) noexcept {
  constexpr int kOne = kBy[0], kTwo = kBy[1], kThree = kBy[2];
  return xor3(_mm512_ror_epi64(x, kOne), _mm512_ror_epi64(x, kTwo), _mm512_ror_epi64(x, kThree));
}

template <const int (&kBy)[3]>
ALWAYS_INLINE __m512i lower_sigma(__m512i x) noexcept {
  constexpr int kOne = kBy[0], kTwo = kBy[1], kThree = kBy[2];
  return xor3(_mm512_ror_epi64(x, kOne), _mm512_ror_epi64(x, kTwo), _mm512_srli_epi64(x, kThree));
}

// An addition that stays where it is written: the compiler would sum the terms of a round in an order that makes the
// next round wait.
ALWAYS_INLINE __m512i add_now(__m512i a, __m512i b) noexcept {
  __m512i sum = add(a, b);
  __asm__("" : "+v"(sum));
  return sum;
}

// w[t] becomes word t of the eight words at next[lane] + offset: a transposition, and the bytes of each word reversed.
ALWAYS_INLINE void load_words(__m512i w[8], const uint8_t* const next[kLanes], size_t offset) noexcept {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
  __m512i r[8], q[8];
  for (int j = 0; j < 8; j++) r[j] = _mm512_shuffle_epi8(_mm512_loadu_si512(next[j] + offset), swap);
  // 2 x 2 words of each two lanes: q[j] holds words 0, 2, 4, 6 of lanes j and j + 1, and q[j + 1] the odd ones.
  for (int j = 0; j < 8; j += 2) {
    q[j] = _mm512_unpacklo_epi64(r[j], r[j + 1]);
    q[j + 1] = _mm512_unpackhi_epi64(r[j], r[j + 1]);
  }
  // 4 x 4 pairs.
  for (int k = 0; k < 2; k++) {
    const __m512i lo0 = _mm512_shuffle_i64x2(q[k], q[k + 2], 0x44);
    const __m512i lo1 = _mm512_shuffle_i64x2(q[k + 4], q[k + 6], 0x44);
    const __m512i hi0 = _mm512_shuffle_i64x2(q[k], q[k + 2], 0xee);
    const __m512i hi1 = _mm512_shuffle_i64x2(q[k + 4], q[k + 6], 0xee);
    w[k] = _mm512_shuffle_i64x2(lo0, lo1, 0x88), w[k + 2] = _mm512_shuffle_i64x2(lo0, lo1, 0xdd);
    w[k + 4] = _mm512_shuffle_i64x2(hi0, hi1, 0x88), w[k + 6] = _mm512_shuffle_i64x2(hi0, hi1, 0xdd);
  }
}

// Word t of the schedule in place of word t - 16.
ALWAYS_INLINE void next_word(__m512i w[16], int t) noexcept {
  const __m512i w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
  const __m512i sum = add_now(add(w[t & 15], w[(t + 9) & 15]), lower_sigma<Sha512::kSigma0>(w15));
  w[t & 15] = add(sum, lower_sigma<Sha512::kSigma1>(w2));
}

// Round t: the values change places by name, s[(i - t) mod 8] is the i-th of a .. h. What depends on e and a comes
// last in each sum, since they are the last to be known.
ALWAYS_INLINE void round(__m512i s[8], int t, uint64_t k, __m512i w) noexcept {
  const auto at = [=](int i) { return (8 + i - (t & 7)) & 7; };
  const __m512i a = s[at(0)], e = s[at(4)];
  const __m512i hkw = add_now(s[at(7)], add(w, _mm512_set1_epi64(static_cast<long long>(k))));
  const __m512i dhkw = add_now(s[at(3)], hkw);
  const __m512i sum1 = upper_sigma<Sha512::kSum1>(e);
  const __m512i ch = choose(e, s[at(5)], s[at(6)]);
  s[at(3)] = add_now(add_now(dhkw, ch), sum1);
  const __m512i t1 = add_now(add_now(hkw, ch), sum1);
  s[at(7)] = add_now(add_now(t1, majority(a, s[at(1)], s[at(2)])), upper_sigma<Sha512::kSum0>(a));
}

void compress(uint64_t states[8][kLanes], const uint8_t* next[kLanes], size_t blocks) noexcept {
  __m512i s[8], w[16];
  for (int i = 0; i < 8; i++) s[i] = _mm512_load_si512(states[i]);
  for (; blocks > 0; blocks--) {
    load_words(w, next, 0);
    load_words(w + 8, next, 64);
    for (size_t j = 0; j < kLanes; j++) next[j] += Sha512::kBlockBytes;
    const uint64_t* k = kShaRoundConstants;
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) round(s, i, k[i], w[i]);
    for (int t = 16; t < Sha512::kRounds; t += 16) {
      k += 16;
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) {
        next_word(w, i);
        round(s, i, k[i], w[i]);
      }
    }
    for (int i = 0; i < 8; i++) {
      s[i] = add(s[i], _mm512_load_si512(states[i]));
      _mm512_store_si512(states[i], s[i]);
    }
  }
}

// With fewer messages under way the AVX2 kernel's single stream is faster where 512-bit operations take two cycles
// (Zen 4); on Zen 5 lanes win from two on: 810 cycles for a block of all eight against 490 for one.
constexpr size_t kLanesMin = 3;

// Stack of hash_all and what it calls: 6.5 KiB by gcc's -fstack-usage, and a margin.
constexpr size_t kStackBytes = 8192;

__attribute__((noinline)) void hash_all(const HashItem* items, size_t n, uint8_t* out) noexcept {
  Lanes<uint64_t, kLanes> lanes;
  const auto item = [=](size_t i) { return items[i]; };
  hash_lanes<Sha512, kLanesMin>(&lanes, n, item, out, compress, sha512_finish_avx2_ct);
}

}  // namespace

TRACEVAR_CLEAR_REGISTERS void sha512_avx512_ct(const HashItem* items, size_t n, uint8_t* out) noexcept {
  hash_all(items, n, out);
  wipe_stack_below<kStackBytes>();
  TRACEVAR_CLEAR_ZMM();
}

}  // namespace tracevar::x86

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
