// SHA-256 of sixteen messages at a time: one 32-bit lane each.
#if defined(__x86_64__)

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

constexpr size_t kLanes = 16;

ALWAYS_INLINE __m512i add(__m512i a, __m512i b) noexcept { return _mm512_add_epi32(a, b); }
ALWAYS_INLINE __m512i xor3(__m512i a, __m512i b, __m512i c) noexcept {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}
ALWAYS_INLINE __m512i choose(__m512i e, __m512i f, __m512i g) noexcept {
  return _mm512_ternarylogic_epi32(e, f, g, 0xca);
}
ALWAYS_INLINE __m512i majority(__m512i a, __m512i b, __m512i c) noexcept {
  return _mm512_ternarylogic_epi32(a, b, c, 0xe8);
}

template <const int (&kBy)[3]>
ALWAYS_INLINE __m512i upper_sigma(__m512i x) noexcept {
  constexpr int kOne = kBy[0], kTwo = kBy[1], kThree = kBy[2];
  return xor3(_mm512_ror_epi32(x, kOne), _mm512_ror_epi32(x, kTwo), _mm512_ror_epi32(x, kThree));
}

template <const int (&kBy)[3]>
ALWAYS_INLINE __m512i lower_sigma(__m512i x) noexcept {
  constexpr int kOne = kBy[0], kTwo = kBy[1], kThree = kBy[2];
  return xor3(_mm512_ror_epi32(x, kOne), _mm512_ror_epi32(x, kTwo), _mm512_srli_epi32(x, kThree));
}

// w[t] becomes word t of the lanes' blocks: a transposition, and the bytes of each word reversed.
ALWAYS_INLINE void load_words(__m512i w[16], const uint8_t* const next[kLanes]) noexcept {
  const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  __m512i r[16], q[16];
  for (int j = 0; j < 16; j++) r[j] = _mm512_shuffle_epi8(_mm512_loadu_si512(next[j]), swap);
  // 4 x 4 words within each quarter of four lanes: q[4 i + k] holds words k, 4 + k, 8 + k, 12 + k of lanes 4 i ..
  for (int i = 0; i < 16; i += 4) {
    const __m512i ab0 = _mm512_unpacklo_epi32(r[i], r[i + 1]), ab1 = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    const __m512i cd0 = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]), cd1 = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);
    q[i] = _mm512_unpacklo_epi64(ab0, cd0), q[i + 1] = _mm512_unpackhi_epi64(ab0, cd0);
    q[i + 2] = _mm512_unpacklo_epi64(ab1, cd1), q[i + 3] = _mm512_unpackhi_epi64(ab1, cd1);
  }
  // 4 x 4 quarters.
  for (int k = 0; k < 4; k++) {
    const __m512i lo0 = _mm512_shuffle_i32x4(q[k], q[k + 4], 0x44);
    const __m512i lo1 = _mm512_shuffle_i32x4(q[k + 8], q[k + 12], 0x44);
    const __m512i hi0 = _mm512_shuffle_i32x4(q[k], q[k + 4], 0xee);
    const __m512i hi1 = _mm512_shuffle_i32x4(q[k + 8], q[k + 12], 0xee);
    w[k] = _mm512_shuffle_i32x4(lo0, lo1, 0x88), w[k + 4] = _mm512_shuffle_i32x4(lo0, lo1, 0xdd);
    w[k + 8] = _mm512_shuffle_i32x4(hi0, hi1, 0x88), w[k + 12] = _mm512_shuffle_i32x4(hi0, hi1, 0xdd);
  }
}

// An addition that stays where it is written: the compiler would sum the terms of a round in an order that makes the
// next round wait.
ALWAYS_INLINE __m512i add_now(__m512i a, __m512i b) noexcept {
  __m512i sum = add(a, b);
  __asm__("" : "+v"(sum));
  return sum;
}

// Word t of the schedule in place of word t - 16.
ALWAYS_INLINE void next_word(__m512i w[16], int t) noexcept {
  const __m512i w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
  const __m512i sum = add_now(add(w[t & 15], w[(t + 9) & 15]), lower_sigma<Sha256::kSigma0>(w15));
  w[t & 15] = add(sum, lower_sigma<Sha256::kSigma1>(w2));
}

// Round t: the values change places by name, s[(i - t) mod 8] is the i-th of a .. h. What depends on e and a comes
// last in each sum, since they are the last to be known.
ALWAYS_INLINE void round(__m512i s[8], int t, uint32_t k, __m512i w) noexcept {
  const auto at = [=](int i) { return (8 + i - (t & 7)) & 7; };
  const __m512i a = s[at(0)], e = s[at(4)];
  const __m512i hkw = add_now(s[at(7)], add(w, _mm512_set1_epi32(static_cast<int>(k))));
  const __m512i dhkw = add_now(s[at(3)], hkw);
  const __m512i sum1 = upper_sigma<Sha256::kSum1>(e);
  const __m512i ch = choose(e, s[at(5)], s[at(6)]);
  s[at(3)] = add_now(add_now(dhkw, ch), sum1);
  const __m512i t1 = add_now(add_now(hkw, ch), sum1);
  s[at(7)] = add_now(add_now(t1, majority(a, s[at(1)], s[at(2)])), upper_sigma<Sha256::kSum0>(a));
}

void compress(uint32_t states[8][kLanes], const uint8_t* next[kLanes], size_t blocks) noexcept {
  __m512i s[8], w[16];
  for (int i = 0; i < 8; i++) s[i] = _mm512_load_si512(states[i]);
  for (; blocks > 0; blocks--) {
    load_words(w, next);
    for (size_t j = 0; j < kLanes; j++) next[j] += Sha256::kBlockBytes;
    const uint32_t* k = kSha256Constants.k;
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) round(s, i, k[i], w[i]);
    for (int t = 16; t < Sha256::kRounds; t += 16) {
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

}  // namespace
}  // namespace tracevar::x86

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace tracevar::x86 {

namespace {

// With fewer messages under way the SHA instructions are faster: 90 cycles a block, in pairs, against 680 for a block
// of all sixteen lanes (Zen 5).
constexpr size_t kLanesMin = 7;

}  // namespace

void sha256_many_avx512(const Batch& batch, uint8_t* out) noexcept {
  Lanes<uint32_t, kLanes> lanes;
  const auto item = [&](size_t i) { return HashItem{nullptr, 0, batch.item(i)}; };
  hash_lanes<Sha256, kLanesMin>(&lanes, batch.count(), item, out, compress, sha256_finish_shani);
}

}  // namespace tracevar::x86

#endif
