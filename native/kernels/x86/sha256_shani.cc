// SHA-256 with the SHA instructions, two messages at a time.
#if defined(__x86_64__)

#include "../message.h"
#include "finish.h"
#include "hash.h"
#include "intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("sha,ssse3,sse4.1"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("sha,ssse3,sse4.1")
#endif

namespace tracevar::x86 {

namespace {

#define ALWAYS_INLINE __attribute__((always_inline)) inline

// The words of the state in the order the instructions want: a, b, e, f and c, d, g, h, from the highest down.
struct Stream {
  __m128i abef, cdgh;
  __m128i w[4];  // the last sixteen words of the schedule
};

ALWAYS_INLINE void load_state(Stream& s, const uint32_t* state) noexcept {
  const __m128i dcba = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state));
  const __m128i hgfe = _mm_loadu_si128(reinterpret_cast<const __m128i*>(state + 4));
  const __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  s.abef = _mm_alignr_epi8(cdab, efgh, 8);
  s.cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

ALWAYS_INLINE void store_state(const Stream& s, uint32_t* state) noexcept {
  const __m128i feba = _mm_shuffle_epi32(s.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(s.cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

ALWAYS_INLINE void load_words(Stream& s, const uint8_t* data) noexcept {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  for (int i = 0; i < 4; i++) {
    s.w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(data) + i), swap);
  }
}

// Rounds 4 i .. 4 i + 3.
ALWAYS_INLINE void four_rounds(Stream& s, int i) noexcept {
  const __m128i k = _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Constants.k) + i);
  const __m128i wk = _mm_add_epi32(s.w[i & 3], k);
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, wk);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

// The words of the rounds 4 i .. 4 i + 3, i >= 4, in place of those sixteen rounds older.
ALWAYS_INLINE void next_words(Stream& s, int i) noexcept {
  const __m128i old = _mm_sha256msg1_epu32(s.w[i & 3], s.w[(i + 1) & 3]);
  const __m128i seven_ago = _mm_alignr_epi8(s.w[(i + 3) & 3], s.w[(i + 2) & 3], 4);
  s.w[i & 3] = _mm_sha256msg2_epu32(_mm_add_epi32(old, seven_ago), s.w[(i + 3) & 3]);
}

template <int kStreams>
ALWAYS_INLINE void compress(uint32_t* const* states, const uint8_t* const* data, size_t blocks) noexcept {
  Stream s[kStreams];
  const uint8_t* next[kStreams];
  for (int j = 0; j < kStreams; j++) load_state(s[j], states[j]), next[j] = data[j];
  for (; blocks > 0; blocks--) {
    __m128i abef[kStreams], cdgh[kStreams];
    for (int j = 0; j < kStreams; j++) {
      abef[j] = s[j].abef, cdgh[j] = s[j].cdgh;
      load_words(s[j], next[j]);
      next[j] += 64;
    }
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
      for (int j = 0; j < kStreams; j++) {
        if (i >= 4) next_words(s[j], i);
        four_rounds(s[j], i);
      }
    }
    for (int j = 0; j < kStreams; j++) {
      s[j].abef = _mm_add_epi32(s[j].abef, abef[j]);
      s[j].cdgh = _mm_add_epi32(s[j].cdgh, cdgh[j]);
    }
  }
  for (int j = 0; j < kStreams; j++) store_state(s[j], states[j]);
}

void compress_one(uint32_t* state, const uint8_t* data, size_t blocks) noexcept { compress<1>(&state, &data, blocks); }

void compress_two(uint32_t* const* states, const uint8_t* const* data, size_t blocks) noexcept {
  compress<2>(states, data, blocks);
}

}  // namespace
}  // namespace tracevar::x86

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

namespace tracevar::x86 {

void sha256_finish_shani(Message<uint32_t>* const* messages, size_t n) noexcept {
  Message<uint32_t>* pair[2] = {n > 0 ? messages[0] : nullptr, n > 1 ? messages[1] : nullptr};
  size_t started = 2;
  while (pair[0] != nullptr && pair[1] != nullptr) {
    uint32_t* const states[2] = {pair[0]->state, pair[1]->state};
    const uint8_t* const data[2] = {pair[0]->next, pair[1]->next};
    const size_t blocks = pair[0]->blocks < pair[1]->blocks ? pair[0]->blocks : pair[1]->blocks;
    compress_two(states, data, blocks);
    for (Message<uint32_t>*& message : pair) {
      if (message_advance(message, blocks)) continue;
      message_digest(message);
      message = started < n ? messages[started++] : nullptr;
    }
  }
  for (Message<uint32_t>* message : pair) {
    if (message != nullptr) message_finish(message, compress_one);
  }
}

void sha256_many_shani(const Batch& batch, uint8_t* out) noexcept {
  constexpr size_t kGroup = 16;  // the last of a group may run alone
  Message<uint32_t> messages[kGroup];
  Message<uint32_t>* list[kGroup];
  for (size_t first = 0; first < batch.count(); first += kGroup) {
    const size_t left = batch.count() - first;
    const size_t n = left < kGroup ? left : kGroup;
    for (size_t j = 0; j < n; j++) {
      list[j] = &messages[j];
      message_start<Sha256>(list[j], {nullptr, 0, batch.item(first + j)}, out + Sha256::kDigestBytes * (first + j));
    }
    sha256_finish_shani(list, n);
  }
}

}  // namespace tracevar::x86

#endif
