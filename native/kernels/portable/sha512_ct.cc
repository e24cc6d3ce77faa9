#include "sha512_ct.h"

#include <bit>
#include <cstring>

#include "../../core/secret.h"

namespace tracevar::portable {

const uint64_t kShaRoundConstants[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

namespace {

inline uint64_t load_be64(const uint8_t* p) noexcept {
  uint64_t word;
  std::memcpy(&word, p, 8);
  return __builtin_bswap64(word);
}

inline void store_be64(uint8_t* p, uint64_t word) noexcept {
  word = __builtin_bswap64(word);
  std::memcpy(p, &word, 8);
}

// One round (6.4.2 step 3); the caller rotates the names instead of the values.
inline void round(uint64_t a, uint64_t b, uint64_t c, uint64_t& d, uint64_t e, uint64_t f, uint64_t g, uint64_t& h,
                  uint64_t k_plus_w) noexcept {
  const uint64_t sum1 = std::rotr(e, 14) ^ std::rotr(e, 18) ^ std::rotr(e, 41);
  const uint64_t choose = g ^ (e & (f ^ g));
  const uint64_t t1 = h + sum1 + choose + k_plus_w;
  const uint64_t sum0 = std::rotr(a, 28) ^ std::rotr(a, 34) ^ std::rotr(a, 39);
  const uint64_t majority = (a & b) | (c & (a | b));
  d += t1;
  h = t1 + sum0 + majority;
}

// Word t of the message schedule (6.4.2 step 1) in place of word t - 16.
inline uint64_t schedule(uint64_t* w, int t) noexcept {
  const uint64_t w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];
  const uint64_t sigma0 = std::rotr(w15, 1) ^ std::rotr(w15, 8) ^ (w15 >> 7);
  const uint64_t sigma1 = std::rotr(w2, 19) ^ std::rotr(w2, 61) ^ (w2 >> 6);
  return w[t & 15] += sigma0 + w[(t + 9) & 15] + sigma1;
}

}  // namespace

Sha512::Sha512() noexcept
    : state_{0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
             0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179} {}

Sha512::~Sha512() noexcept {
  wipe(state_, sizeof state_);
  wipe(buffer_, sizeof buffer_);
}

void Sha512::compress(const uint8_t* data, size_t blocks) noexcept {
  const uint64_t* k = kShaRoundConstants;
  uint64_t w[16];
  for (; blocks > 0; blocks--, data += 128) {
    uint64_t a = state_[0], b = state_[1], c = state_[2], d = state_[3];
    uint64_t e = state_[4], f = state_[5], g = state_[6], h = state_[7];
    for (int t = 0; t < 16; t++) w[t] = load_be64(data + 8 * t);
    for (int t = 0; t < 80; t += 8) {
      if (t >= 16) {
        for (int i = 0; i < 8; i++) schedule(w, t + i);
      }
      const uint64_t* wt = w + (t & 15);
      round(a, b, c, d, e, f, g, h, k[t] + wt[0]);
      round(h, a, b, c, d, e, f, g, k[t + 1] + wt[1]);
      round(g, h, a, b, c, d, e, f, k[t + 2] + wt[2]);
      round(f, g, h, a, b, c, d, e, k[t + 3] + wt[3]);
      round(e, f, g, h, a, b, c, d, k[t + 4] + wt[4]);
      round(d, e, f, g, h, a, b, c, k[t + 5] + wt[5]);
      round(c, d, e, f, g, h, a, b, k[t + 6] + wt[6]);
      round(b, c, d, e, f, g, h, a, k[t + 7] + wt[7]);
    }
    state_[0] += a, state_[1] += b, state_[2] += c, state_[3] += d;
    state_[4] += e, state_[5] += f, state_[6] += g, state_[7] += h;
  }
  wipe(w, sizeof w);
}

void Sha512::update(Bytes data) noexcept {
  if (data.empty()) return;
  const size_t used = length_ % sizeof buffer_;
  length_ += data.size();
  if (used > 0) {
    const size_t room = sizeof buffer_ - used;
    const size_t take = data.size() < room ? data.size() : room;
    std::memcpy(buffer_ + used, data.data(), take);
    data = data.subspan(take);
    if (take < room) return;
    compress(buffer_, 1);
  }
  const size_t blocks = data.size() / sizeof buffer_;
  if (blocks > 0) compress(data.data(), blocks);
  data = data.subspan(blocks * sizeof buffer_);
  if (!data.empty()) std::memcpy(buffer_, data.data(), data.size());
}

void Sha512::finish(uint8_t out[64]) noexcept {
  // Padding (5.1.2): a one bit, zeros, the length in bits as 128-bit integer.
  size_t used = length_ % sizeof buffer_;
  buffer_[used++] = 0x80;
  if (used > 112) {
    std::memset(buffer_ + used, 0, sizeof buffer_ - used);
    compress(buffer_, 1);
    used = 0;
  }
  std::memset(buffer_ + used, 0, 112 - used);
  store_be64(buffer_ + 112, length_ >> 61);
  store_be64(buffer_ + 120, length_ << 3);
  compress(buffer_, 1);
  for (int i = 0; i < 8; i++) store_be64(out + 8 * i, state_[i]);
}

void sha512_ct(const HashItem* items, size_t n, uint8_t* out) noexcept {
  for (size_t i = 0; i < n; i++) {
    Sha512 sha;
    if (items[i].head_size > 0) sha.update({items[i].head, items[i].head_size});
    sha.update(items[i].body);
    sha.finish(out + 64 * i);
  }
}

}  // namespace tracevar::portable
