#include "sha256.h"

#include <bit>
#include <cstring>

#include "sha512_ct.h"

namespace tracevar::portable {

namespace {


inline uint32_t load_be32(const uint8_t* p) noexcept {
  uint32_t word;
  std::memcpy(&word, p, 4);
  return __builtin_bswap32(word);
}

inline void store_be32(uint8_t* p, uint32_t word) noexcept {
  word = __builtin_bswap32(word);
  std::memcpy(p, &word, 4);
}

// First 32 bits of the constants of SHA-512 (see there).
inline uint32_t round_constant(int t) noexcept { return static_cast<uint32_t>(kShaRoundConstants[t] >> 32); }

// One round (6.2.2 step 3); the caller rotates the names instead of the values.
inline void round(uint32_t a, uint32_t b, uint32_t c, uint32_t& d, uint32_t e, uint32_t f, uint32_t g, uint32_t& h,
                  uint32_t k_plus_w) noexcept {
  const uint32_t sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
  const uint32_t choose = g ^ (e & (f ^ g));
  const uint32_t t1 = h + sum1 + choose + k_plus_w;
  const uint32_t sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
  const uint32_t majority = (a & b) | (c & (a | b));
  d += t1;
  h = t1 + sum0 + majority;
}

// Word t of the message schedule (6.2.2 step 1) in place of word t - 16.
inline void schedule(uint32_t* w, int t) noexcept {
  const uint32_t w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
  const uint32_t sigma0 = std::rotr(w15, 7) ^ std::rotr(w15, 18) ^ (w15 >> 3);
  const uint32_t sigma1 = std::rotr(w2, 17) ^ std::rotr(w2, 19) ^ (w2 >> 10);
  w[t & 15] += sigma0 + w[(t + 9) & 15] + sigma1;
}

void compress(uint32_t state[8], const uint8_t* data, size_t blocks) noexcept {
  uint32_t w[16];
  for (; blocks > 0; blocks--, data += 64) {
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int t = 0; t < 16; t++) w[t] = load_be32(data + 4 * t);
    for (int t = 0; t < 64; t += 8) {
      if (t >= 16) {
        for (int i = 0; i < 8; i++) schedule(w, t + i);
      }
      const uint32_t* wt = w + (t & 15);
      round(a, b, c, d, e, f, g, h, round_constant(t) + wt[0]);
      round(h, a, b, c, d, e, f, g, round_constant(t + 1) + wt[1]);
      round(g, h, a, b, c, d, e, f, round_constant(t + 2) + wt[2]);
      round(f, g, h, a, b, c, d, e, round_constant(t + 3) + wt[3]);
      round(e, f, g, h, a, b, c, d, round_constant(t + 4) + wt[4]);
      round(d, e, f, g, h, a, b, c, round_constant(t + 5) + wt[5]);
      round(c, d, e, f, g, h, a, b, round_constant(t + 6) + wt[6]);
      round(b, c, d, e, f, g, h, a, round_constant(t + 7) + wt[7]);
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

}  // namespace

void sha256(Bytes message, uint8_t out[32]) noexcept {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  const size_t whole = message.size() / 64;
  if (whole > 0) compress(state, message.data(), whole);
  // Padding (5.1.1): a one bit, zeros, the length in bits as 64-bit integer; one block or two.
  uint8_t tail[128] = {};
  const Bytes rest = message.subspan(whole * 64);
  if (!rest.empty()) std::memcpy(tail, rest.data(), rest.size());
  tail[rest.size()] = 0x80;
  const size_t tail_bytes = rest.size() < 56 ? 64 : 128;
  const uint64_t bits = static_cast<uint64_t>(message.size()) << 3;
  store_be32(tail + tail_bytes - 8, static_cast<uint32_t>(bits >> 32));
  store_be32(tail + tail_bytes - 4, static_cast<uint32_t>(bits));
  compress(state, tail, tail_bytes / 64);
  for (int i = 0; i < 8; i++) store_be32(out + 4 * i, state[i]);
}

void sha256_many(const Batch& batch, uint8_t* out) noexcept {
  for (size_t i = 0; i < batch.count(); i++) sha256(batch.item(i), out + 32 * i);
}

}  // namespace tracevar::portable
