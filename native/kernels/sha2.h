// What all SHA-2 kernels share (FIPS 180-4): constants, initial states, big-endian words, and the scalar rounds.
// Everything has internal linkage: a kernel file compiles its own copy for its own instruction set.
#ifndef TRACEVAR_KERNELS_SHA2_H
#define TRACEVAR_KERNELS_SHA2_H

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace tracevar {
namespace {

// The first 64 bits of the fractional parts of the cube roots of the first 80 primes (4.2.3). The first 32 bits of
// the first 64 of them are the constants of SHA-256 (4.2.2).
constexpr uint64_t kShaRoundConstants[80] = {
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

struct Sha256Constants {
  alignas(64) uint32_t k[64];
};

constexpr Sha256Constants sha256_constants() noexcept {
  Sha256Constants constants = {};
  for (int t = 0; t < 64; t++) constants.k[t] = static_cast<uint32_t>(kShaRoundConstants[t] >> 32);
  return constants;
}

constexpr Sha256Constants kSha256Constants = sha256_constants();

// The parameters of one of the two hash functions, for templates.
struct Sha256 {
  using Word = uint32_t;
  static constexpr size_t kBlockBytes = 64;
  static constexpr size_t kDigestBytes = 32;
  static constexpr int kRounds = 64;
  static constexpr const Word* kConstants = kSha256Constants.k;
  static constexpr Word kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                       0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};  // 5.3.3
  // Rotations of the functions (4.1.2); the third of a lower sigma is a shift.
  static constexpr int kSum0[3] = {2, 13, 22}, kSum1[3] = {6, 11, 25};
  static constexpr int kSigma0[3] = {7, 18, 3}, kSigma1[3] = {17, 19, 10};
};

struct Sha512 {
  using Word = uint64_t;
  static constexpr size_t kBlockBytes = 128;
  static constexpr size_t kDigestBytes = 64;
  static constexpr int kRounds = 80;
  static constexpr const Word* kConstants = kShaRoundConstants;
  static constexpr Word kInitial[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                                       0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  static constexpr int kSum0[3] = {28, 34, 39}, kSum1[3] = {14, 18, 41};  // 4.1.3
  static constexpr int kSigma0[3] = {1, 8, 7}, kSigma1[3] = {19, 61, 6};
};

inline uint32_t byte_swap(uint32_t word) noexcept { return __builtin_bswap32(word); }
inline uint64_t byte_swap(uint64_t word) noexcept { return __builtin_bswap64(word); }

template <class Word>
inline Word load_be(const uint8_t* p) noexcept {
  Word word;
  std::memcpy(&word, p, sizeof word);
  return byte_swap(word);
}

template <class Word>
inline void store_be(uint8_t* p, Word word) noexcept {
  word = byte_swap(word);
  std::memcpy(p, &word, sizeof word);
}

template <class Word>
__attribute__((always_inline)) inline Word rotate_right(Word word, int bits) noexcept {
  return word >> bits | word << (static_cast<int>(8 * sizeof word) - bits);
}

template <class Word>
__attribute__((always_inline)) inline Word upper_sigma(Word x, const int (&by)[3]) noexcept {
  return rotate_right(x, by[0]) ^ rotate_right(x, by[1]) ^ rotate_right(x, by[2]);
}

template <class Word>
__attribute__((always_inline)) inline Word lower_sigma(Word x, const int (&by)[3]) noexcept {
  return rotate_right(x, by[0]) ^ rotate_right(x, by[1]) ^ x >> by[2];
}

// Keeps the compiler from gathering scalar words into vectors, which costs more than it gains here.
template <class Word>
__attribute__((always_inline)) inline void keep_scalar(Word& word) noexcept {
  __asm__("" : "+r"(word));
}

// One round (6.2.2, 6.4.2 step 3); the caller rotates the names instead of the values. b_xor_c: b ^ c, from the round
// before; becomes a ^ b, for the next.
template <class H, class Word = typename H::Word>
__attribute__((always_inline)) inline void sha2_round(Word a, Word b, Word& d, Word e, Word f, Word g, Word& h,
                                                      Word& b_xor_c, Word k_plus_w) noexcept {
  Word t1 = h + k_plus_w;
  t1 += g ^ (e & (f ^ g));
  t1 += upper_sigma(e, H::kSum1);
  d += t1;
  const Word a_xor_b = a ^ b;
  h = t1 + (b ^ (a_xor_b & b_xor_c));
  h += upper_sigma(a, H::kSum0);
  b_xor_c = a_xor_b;
}

// Eight rounds, after which every value is back under its name. w(i): constant plus schedule word of the i-th.
template <class H, class Word = typename H::Word, class Words>
__attribute__((always_inline)) inline void sha2_eight_rounds(Word (&s)[8], Words w) noexcept {
  Word x = s[1] ^ s[2];
  sha2_round<H>(s[0], s[1], s[3], s[4], s[5], s[6], s[7], x, w(0));
  sha2_round<H>(s[7], s[0], s[2], s[3], s[4], s[5], s[6], x, w(1));
  sha2_round<H>(s[6], s[7], s[1], s[2], s[3], s[4], s[5], x, w(2));
  sha2_round<H>(s[5], s[6], s[0], s[1], s[2], s[3], s[4], x, w(3));
  sha2_round<H>(s[4], s[5], s[7], s[0], s[1], s[2], s[3], x, w(4));
  sha2_round<H>(s[3], s[4], s[6], s[7], s[0], s[1], s[2], x, w(5));
  sha2_round<H>(s[2], s[3], s[5], s[6], s[7], s[0], s[1], x, w(6));
  sha2_round<H>(s[1], s[2], s[4], s[5], s[6], s[7], s[0], x, w(7));
}

// The compression function on whole blocks, without vectors (6.2.2, 6.4.2).
template <class H, class Word = typename H::Word>
__attribute__((always_inline)) inline void sha2_compress(Word* state, const uint8_t* data, size_t blocks) noexcept {
  for (; blocks > 0; blocks--, data += H::kBlockBytes) {
    Word w[16], s[8];
    for (int i = 0; i < 8; i++) s[i] = state[i];
    const Word* k = H::kConstants;
    const auto first = [&](int i) {
      w[i] = load_be<Word>(data + sizeof(Word) * static_cast<size_t>(i));
      keep_scalar(w[i]);
      return k[i] + w[i];
    };
    sha2_eight_rounds<H>(s, first);
    sha2_eight_rounds<H>(s, [&](int i) { return first(i + 8); });
    for (int t = 16; t < H::kRounds; t += 16) {
      k += 16;
      // Word t of the schedule (step 1) in place of word t - 16.
      const auto next = [&](int i) {
        w[i] += lower_sigma(w[(i + 14) & 15], H::kSigma1) + w[(i + 9) & 15] + lower_sigma(w[(i + 1) & 15], H::kSigma0);
        keep_scalar(w[i]);
        return k[i] + w[i];
      };
      sha2_eight_rounds<H>(s, next);
      sha2_eight_rounds<H>(s, [&](int i) { return next(i + 8); });
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
  }
}

}  // namespace
}  // namespace tracevar

#endif
