// SHA-512 of four messages at a time: one 64-bit lane each. Constant time for given lengths.
#if defined(__x86_64__)

#include "../../core/clear.h"
#include "../message.h"
#include "finish.h"
#include "hash.h"
#include "intrinsics.h"
#include "lanes.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC optimize("no-schedule-insns2")  // 5 % faster: the rounds stand in a good order as they are written
#pragma GCC target("avx2,bmi2")
#endif

namespace tracevar::x86 {

namespace {

#define ALWAYS_INLINE __attribute__((always_inline)) inline

constexpr size_t kLanes = 4;

ALWAYS_INLINE __m256i add(__m256i a, __m256i b) noexcept { return _mm256_add_epi64(a, b); }
ALWAYS_INLINE __m256i xor2(__m256i a, __m256i b) noexcept { return _mm256_xor_si256(a, b); }
ALWAYS_INLINE __m256i and2(__m256i a, __m256i b) noexcept { return _mm256_and_si256(a, b); }
ALWAYS_INLINE __m256i choose(__m256i e, __m256i f, __m256i g) noexcept { return xor2(g, and2(e, xor2(f, g))); }

#define ROTATE(x, by) xor2(_mm256_srli_epi64(x, by), _mm256_slli_epi64(x, 64 - (by)))
#define UPPER_SIGMA(x, by) xor2(xor2(ROTATE(x, (by)[0]), ROTATE(x, (by)[1])), ROTATE(x, (by)[2]))
#define LOWER_SIGMA(x, by) xor2(xor2(ROTATE(x, (by)[0]), ROTATE(x, (by)[1])), _mm256_srli_epi64(x, (by)[2]))

// With a shuffle of bytes for the rotation by 8.
ALWAYS_INLINE __m256i lower_sigma0(__m256i x) noexcept {
  static_assert(Sha512::kSigma0[1] == 8);
  const __m256i by8 = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x080f0e0d0c0b0a09, 0x0007060504030201));
  return xor2(xor2(ROTATE(x, Sha512::kSigma0[0]), _mm256_shuffle_epi8(x, by8)), _mm256_srli_epi64(x, Sha512::kSigma0[2]));
}

// An addition that stays where it is written: the compiler would sum the terms of a round in an order that makes the
// next round wait.
ALWAYS_INLINE __m256i add_now(__m256i a, __m256i b) noexcept {
  __m256i sum = add(a, b);
  __asm__("" : "+x"(sum));
  return sum;
}

// w[t] becomes word t of the four words at next[lane] + offset: a transposition, and the bytes of each word reversed.
ALWAYS_INLINE void load_words(__m256i w[4], const uint8_t* const next[kLanes], size_t offset) noexcept {
  const __m256i swap = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
  __m256i r[4];
  for (int j = 0; j < 4; j++) {
    r[j] = _mm256_shuffle_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(next[j] + offset)), swap);
  }
  const __m256i ab0 = _mm256_unpacklo_epi64(r[0], r[1]), ab1 = _mm256_unpackhi_epi64(r[0], r[1]);
  const __m256i cd0 = _mm256_unpacklo_epi64(r[2], r[3]), cd1 = _mm256_unpackhi_epi64(r[2], r[3]);
  w[0] = _mm256_permute2x128_si256(ab0, cd0, 0x20), w[1] = _mm256_permute2x128_si256(ab1, cd1, 0x20);
  w[2] = _mm256_permute2x128_si256(ab0, cd0, 0x31), w[3] = _mm256_permute2x128_si256(ab1, cd1, 0x31);
}

// Word t of the schedule in place of word t - 16.
ALWAYS_INLINE void next_word(__m256i w[16], int t) noexcept {
  const __m256i w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
  const __m256i sum = add_now(add(w[t & 15], w[(t + 9) & 15]), lower_sigma0(w15));
  w[t & 15] = add(sum, LOWER_SIGMA(w2, Sha512::kSigma1));
}

// Round t: the values change places by name, s[(i - t) mod 8] is the i-th of a .. h. What depends on e and a comes
// last in each sum, since they are the last to be known. b_xor_c: from the round before.
ALWAYS_INLINE void round(__m256i s[8], __m256i& b_xor_c, int t, uint64_t k, __m256i w) noexcept {
  const auto at = [=](int i) { return (8 + i - (t & 7)) & 7; };
  const __m256i a = s[at(0)], e = s[at(4)];
  const __m256i hkw = add_now(s[at(7)], add(w, _mm256_set1_epi64x(static_cast<long long>(k))));
  const __m256i dhkw = add_now(s[at(3)], hkw);
  const __m256i sum1 = UPPER_SIGMA(e, Sha512::kSum1);
  const __m256i ch = choose(e, s[at(5)], s[at(6)]);
  s[at(3)] = add_now(add_now(dhkw, ch), sum1);
  const __m256i t1 = add_now(add_now(hkw, ch), sum1);
  const __m256i a_xor_b = xor2(a, s[at(1)]);
  const __m256i majority = xor2(s[at(1)], and2(a_xor_b, b_xor_c));
  b_xor_c = a_xor_b;
  s[at(7)] = add_now(add_now(t1, majority), UPPER_SIGMA(a, Sha512::kSum0));
}

ALWAYS_INLINE __m256i load(const uint64_t* p) noexcept {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
}

void compress(uint64_t states[8][kLanes], const uint8_t* next[kLanes], size_t blocks) noexcept {
  __m256i s[8], w[16];
  for (int i = 0; i < 8; i++) s[i] = load(states[i]);
  for (; blocks > 0; blocks--) {
    for (size_t i = 0; i < 16; i += 4) load_words(w + i, next, 8 * i);
    for (size_t j = 0; j < kLanes; j++) next[j] += Sha512::kBlockBytes;
    __m256i x = xor2(s[1], s[2]);
    const uint64_t* k = kShaRoundConstants;
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) round(s, x, i, k[i], w[i]);
    for (int t = 16; t < Sha512::kRounds; t += 16) {
      k += 16;
#pragma GCC unroll 16
      for (int i = 0; i < 16; i++) {
        next_word(w, i);
        round(s, x, i, k[i], w[i]);
      }
    }
    for (int i = 0; i < 8; i++) {
      s[i] = add(s[i], load(states[i]));
      _mm256_store_si256(reinterpret_cast<__m256i*>(states[i]), s[i]);
    }
  }
}

// Words 2 i and 2 i + 1 of the schedules of two blocks, the second block's in the upper half. x: the last sixteen.
ALWAYS_INLINE void next_two_words(__m256i x[8], int i) noexcept {
  const __m256i w15 = _mm256_alignr_epi8(x[(i + 1) & 7], x[i & 7], 8);
  const __m256i w7 = _mm256_alignr_epi8(x[(i + 5) & 7], x[(i + 4) & 7], 8);
  const __m256i w2 = x[(i + 7) & 7];
  x[i & 7] = add(add_now(add(x[i & 7], w7), lower_sigma0(w15)), LOWER_SIGMA(w2, Sha512::kSigma1));
}

// Schedule words of two blocks with their constants: [i][2 b + j] is word 2 i + j of block b.
struct TwoSchedules {
  alignas(32) uint64_t kw[40][4];
};

ALWAYS_INLINE void put(TwoSchedules* to, int i, __m256i words) noexcept {
  const __m128i k = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kShaRoundConstants + 2 * i));
  _mm256_store_si256(reinterpret_cast<__m256i*>(to->kw[i]), add(words, _mm256_broadcastsi128_si256(k)));
}

// Sixteen rounds of a block whose schedule is there, from round 2 i on.
ALWAYS_INLINE void sixteen_rounds(uint64_t (&s)[8], const TwoSchedules& schedules, int i, int block) noexcept {
  const uint64_t (*kw)[4] = schedules.kw + i;
  sha2_eight_rounds<Sha512>(s, [=](int t) { return kw[t / 2][2 * block + t % 2]; });
  sha2_eight_rounds<Sha512>(s, [=](int t) { return kw[4 + t / 2][2 * block + t % 2]; });
}

// One stream, two blocks at a time: the vector unit makes both schedules while the scalar unit does the rounds of the
// first, and then it does those of the second.
void compress_one(uint64_t* state, const uint8_t* data, size_t blocks) noexcept {
  const __m256i swap = _mm256_broadcastsi128_si256(_mm_set_epi64x(0x08090a0b0c0d0e0f, 0x0001020304050607));
  TwoSchedules schedules;
  while (blocks > 0) {
    const uint8_t* second = blocks > 1 ? data + Sha512::kBlockBytes : data;
    __m256i x[8];
    for (int i = 0; i < 8; i++) {
      const __m128i one = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i);
      const __m128i two = _mm_loadu_si128(reinterpret_cast<const __m128i*>(second) + i);
      x[i] = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(one), two, 1), swap);
      put(&schedules, i, x[i]);
    }
    uint64_t s[8];
    for (int i = 0; i < 8; i++) s[i] = state[i];
    for (int i = 0; i < 32; i += 8) {  // rounds 2 i .. 2 i + 15, and the words of the sixteen after them
      const auto word = [&](int t) {
        if (t % 2 == 0) {
          next_two_words(x, t / 2);
          put(&schedules, i + 8 + t / 2, x[t / 2]);
        }
        return schedules.kw[i + t / 2][t % 2];
      };
      sha2_eight_rounds<Sha512>(s, word);
      sha2_eight_rounds<Sha512>(s, [&](int t) { return word(8 + t); });
    }
    sixteen_rounds(s, schedules, 32, 0);
    for (int i = 0; i < 8; i++) s[i] = state[i] += s[i];
    if (blocks == 1) return;
    for (int i = 0; i < 40; i += 8) sixteen_rounds(s, schedules, i, 1);
    for (int i = 0; i < 8; i++) state[i] += s[i];
    data += 2 * Sha512::kBlockBytes;
    blocks -= 2;
  }
}

// With fewer messages under way one at a time is faster: 490 cycles a block against 1,340 of all four lanes (Zen 5).
constexpr size_t kLanesMin = 3;

// Stack of hash_all and what it calls: 5 KiB by gcc's -fstack-usage, and a margin.
constexpr size_t kStackBytes = 6144;

__attribute__((noinline)) void hash_all(const HashItem* items, size_t n, uint8_t* out) noexcept {
  Lanes<uint64_t, kLanes> lanes;
  const auto item = [=](size_t i) { return items[i]; };
  hash_lanes<Sha512, kLanesMin>(&lanes, n, item, out, compress, sha512_finish_avx2_ct);
}

}  // namespace

void sha512_finish_avx2_ct(Message<uint64_t>* const* messages, size_t n) noexcept {
  for (size_t i = 0; i < n; i++) message_finish(messages[i], compress_one);
}

TRACEVAR_CLEAR_REGISTERS void sha512_avx2_ct(const HashItem* items, size_t n, uint8_t* out) noexcept {
  hash_all(items, n, out);
  wipe_stack_below<kStackBytes>();
  TRACEVAR_CLEAR_YMM();
}

}  // namespace tracevar::x86

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif
