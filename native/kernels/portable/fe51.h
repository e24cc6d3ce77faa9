// The field of p = 2^255 - 19 in five limbs of 51 bits, value = sum v[i] * 2^(51 i).
//
// Limb ranges (checked in debug builds):
//   tight: every limb < 2^51 + 2^13. What fe_mul, fe_sqr and fe_carry give.
//   loose: every limb < 2^54.        What fe_mul, fe_sqr, fe_carry and fe_to_bytes take.
// fe_add and fe_sub do not carry: each says what it takes and gives. All functions are constant time, but for those
// whose name ends in _vartime.
#ifndef TRACEVAR_KERNELS_PORTABLE_FE51_H
#define TRACEVAR_KERNELS_PORTABLE_FE51_H

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

namespace tracevar::portable {

static_assert(std::endian::native == std::endian::little, "loads and stores below are little-endian");

__extension__ using u128 = unsigned __int128;

struct Fe {
  uint64_t v[5];
};

constexpr uint64_t kMask51 = (uint64_t{1} << 51) - 1;
constexpr uint64_t kTightEnd = (uint64_t{1} << 51) + (uint64_t{1} << 13);
constexpr uint64_t kLooseEnd = uint64_t{1} << 54;

constexpr Fe kFeZero = {{0, 0, 0, 0, 0}};
constexpr Fe kFeOne = {{1, 0, 0, 0, 0}};
// d = -121665 / 121666, the curve constant (RFC 8032 5.1); 2d; a square root of -1, 2^((p-1)/4).
constexpr Fe kFeD = {{0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
constexpr Fe kFe2D = {{0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
constexpr Fe kFeSqrtM1 = {{0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};

static inline void fe_assert_below([[maybe_unused]] const Fe& f, [[maybe_unused]] uint64_t end) noexcept {
#ifndef NDEBUG
  for (uint64_t limb : f.v) assert(limb < end);
#endif
}

// tight + tight, or any two whose limb sums stay below 2^54 -> loose.
static inline Fe fe_add(const Fe& f, const Fe& g) noexcept {
  Fe h;
  for (int i = 0; i < 5; i++) h.v[i] = f.v[i] + g.v[i];
  fe_assert_below(h, kLooseEnd);
  return h;
}

// f - g + 2p, with g tight and limbs of f below 2^53 -> loose.
static inline Fe fe_sub(const Fe& f, const Fe& g) noexcept {
  fe_assert_below(f, uint64_t{1} << 53);
  fe_assert_below(g, kTightEnd);
  constexpr uint64_t k2p0 = 2 * (kMask51 - 18);
  constexpr uint64_t k2p = 2 * kMask51;
  return {{f.v[0] + k2p0 - g.v[0], f.v[1] + k2p - g.v[1], f.v[2] + k2p - g.v[2], f.v[3] + k2p - g.v[3],
           f.v[4] + k2p - g.v[4]}};
}

// tight -> loose.
static inline Fe fe_neg(const Fe& f) noexcept { return fe_sub(kFeZero, f); }

// loose -> tight.
static inline Fe fe_carry(const Fe& f) noexcept {
  fe_assert_below(f, kLooseEnd);
  const uint64_t c0 = f.v[0] >> 51, c1 = f.v[1] >> 51, c2 = f.v[2] >> 51, c3 = f.v[3] >> 51, c4 = f.v[4] >> 51;
  return {{(f.v[0] & kMask51) + 19 * c4, (f.v[1] & kMask51) + c0, (f.v[2] & kMask51) + c1,
           (f.v[3] & kMask51) + c2, (f.v[4] & kMask51) + c3}};
}

// Column sums of a product of loose elements are below 77 * 2^108 < 2^115, so that a carry fits 64 bits, and so does
// 19 times the last one (that column has no factor 19: below 2^111). -> tight.
static inline Fe fe_carry_wide(u128 t0, u128 t1, u128 t2, u128 t3, u128 t4) noexcept {
  t1 += static_cast<uint64_t>(t0 >> 51);
  t2 += static_cast<uint64_t>(t1 >> 51);
  t3 += static_cast<uint64_t>(t2 >> 51);
  t4 += static_cast<uint64_t>(t3 >> 51);
  Fe h = {{static_cast<uint64_t>(t0) & kMask51, static_cast<uint64_t>(t1) & kMask51,
           static_cast<uint64_t>(t2) & kMask51, static_cast<uint64_t>(t3) & kMask51,
           static_cast<uint64_t>(t4) & kMask51}};
  h.v[0] += 19 * static_cast<uint64_t>(t4 >> 51);
  h.v[1] += h.v[0] >> 51;
  h.v[0] &= kMask51;
  fe_assert_below(h, kTightEnd);
  return h;
}

// loose * loose -> tight. 25 multiplications of 64 bits. Not inlined: no slower, and the addon is 85 KB smaller.
[[gnu::noinline]] static Fe fe_mul(const Fe& f, const Fe& g) noexcept {
  fe_assert_below(f, kLooseEnd);
  fe_assert_below(g, kLooseEnd);
  const uint64_t f0 = f.v[0], f1 = f.v[1], f2 = f.v[2], f3 = f.v[3], f4 = f.v[4];
  const uint64_t g0 = g.v[0], g1 = g.v[1], g2 = g.v[2], g3 = g.v[3], g4 = g.v[4];
  const uint64_t g1n = 19 * g1, g2n = 19 * g2, g3n = 19 * g3, g4n = 19 * g4;  // 2^255 = 19 (mod p)
  return fe_carry_wide(
      u128{f0} * g0 + u128{f1} * g4n + u128{f2} * g3n + u128{f3} * g2n + u128{f4} * g1n,
      u128{f0} * g1 + u128{f1} * g0 + u128{f2} * g4n + u128{f3} * g3n + u128{f4} * g2n,
      u128{f0} * g2 + u128{f1} * g1 + u128{f2} * g0 + u128{f3} * g4n + u128{f4} * g3n,
      u128{f0} * g3 + u128{f1} * g2 + u128{f2} * g1 + u128{f3} * g0 + u128{f4} * g4n,
      u128{f0} * g4 + u128{f1} * g3 + u128{f2} * g2 + u128{f3} * g1 + u128{f4} * g0);
}

// loose^2 -> tight. 15 multiplications of 64 bits.
static inline Fe fe_sqr(const Fe& f) noexcept {
  fe_assert_below(f, kLooseEnd);
  const uint64_t f0 = f.v[0], f1 = f.v[1], f2 = f.v[2], f3 = f.v[3], f4 = f.v[4];
  const uint64_t f0d = 2 * f0, f1d = 2 * f1, f2d = 2 * f2, f3d = 2 * f3, f3n = 19 * f3, f4n = 19 * f4;
  return fe_carry_wide(u128{f0} * f0 + u128{f1d} * f4n + u128{f2d} * f3n,
                       u128{f0d} * f1 + u128{f2d} * f4n + u128{f3} * f3n,
                       u128{f0d} * f2 + u128{f1} * f1 + u128{f3d} * f4n,
                       u128{f0d} * f3 + u128{f1d} * f2 + u128{f4} * f4n,
                       u128{f0d} * f4 + u128{f1d} * f3 + u128{f2} * f2);
}

static inline Fe fe_sqr_times(Fe f, int times) noexcept {
  for (int i = 0; i < times; i++) f = fe_sqr(f);
  return f;
}

// z^(2^250 - 1), and z^11 on the way. 249 squarings, 10 multiplications.
static inline Fe fe_pow_2_250_1(const Fe& z, Fe* z11) noexcept {
  const Fe z2 = fe_sqr(z);
  const Fe z9 = fe_mul(fe_sqr_times(z2, 2), z);
  *z11 = fe_mul(z9, z2);
  const Fe e5 = fe_mul(fe_sqr(*z11), z9);  // eN = z^(2^N - 1)
  const Fe e10 = fe_mul(fe_sqr_times(e5, 5), e5);
  const Fe e20 = fe_mul(fe_sqr_times(e10, 10), e10);
  const Fe e40 = fe_mul(fe_sqr_times(e20, 20), e20);
  const Fe e50 = fe_mul(fe_sqr_times(e40, 10), e10);
  const Fe e100 = fe_mul(fe_sqr_times(e50, 50), e50);
  const Fe e200 = fe_mul(fe_sqr_times(e100, 100), e100);
  return fe_mul(fe_sqr_times(e200, 50), e50);
}

// 1/z = z^(p-2) = z^(2^255 - 21); 0 gives 0. loose -> tight.
static inline Fe fe_invert(const Fe& z) noexcept {
  Fe z11;
  const Fe e250 = fe_pow_2_250_1(z, &z11);
  return fe_mul(fe_sqr_times(e250, 5), z11);
}

// z^((p-5)/8) = z^(2^252 - 3). loose -> tight.
static inline Fe fe_pow_p58(const Fe& z) noexcept {
  Fe z11;
  const Fe e250 = fe_pow_2_250_1(z, &z11);
  return fe_mul(fe_sqr_times(e250, 2), z);
}

// 32 bytes, little-endian; bit 255 is ignored. Values of p and above are taken as they are. -> tight.
static inline Fe fe_from_bytes(const uint8_t bytes[32]) noexcept {
  uint64_t w[4];
  std::memcpy(w, bytes, 32);
  return {{w[0] & kMask51, (w[0] >> 51 | w[1] << 13) & kMask51, (w[1] >> 38 | w[2] << 26) & kMask51,
           (w[2] >> 25 | w[3] << 39) & kMask51, (w[3] >> 12) & kMask51}};
}

// loose -> the one encoding below p.
static inline void fe_to_bytes(uint8_t out[32], const Fe& f) noexcept {
  Fe h = fe_carry(f);
  // h < 2p. It is at least p exactly when h + 19 reaches 2^255; q is that carry.
  uint64_t q = (h.v[0] + 19) >> 51;
  for (int i = 1; i < 5; i++) q = (h.v[i] + q) >> 51;
  h.v[0] += 19 * q;
  for (int i = 0; i < 4; i++) {
    h.v[i + 1] += h.v[i] >> 51;
    h.v[i] &= kMask51;
  }
  h.v[4] &= kMask51;  // drops q * 2^255
  const uint64_t w[4] = {h.v[0] | h.v[1] << 51, h.v[1] >> 13 | h.v[2] << 38, h.v[2] >> 26 | h.v[3] << 25,
                         h.v[3] >> 39 | h.v[4] << 12};
  std::memcpy(out, w, 32);
}

static inline bool fe_equal_vartime(const Fe& f, const Fe& g) noexcept {
  uint8_t a[32], b[32];
  fe_to_bytes(a, f);
  fe_to_bytes(b, g);
  return std::memcmp(a, b, 32) == 0;
}

}  // namespace tracevar::portable

#endif
