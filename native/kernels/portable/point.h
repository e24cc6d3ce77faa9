// Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 (RFC 8032 5.1), with the complete formulas of Hisil, Wong,
// Carter, Dawson, "Twisted Edwards Curves Revisited" (2008), 3.1 and 4.3. Costs are in field multiplications (M) and
// squarings (S). All functions are constant time, but for those whose name ends in _vartime.
#ifndef TRACEVAR_KERNELS_PORTABLE_POINT_H
#define TRACEVAR_KERNELS_PORTABLE_POINT_H

#include "fe51.h"

namespace tracevar::portable {

// x = X/Z, y = Y/Z, x y = T/Z. Limbs are tight.
struct Extended {
  Fe x, y, z, t;
};

// x = X/Z, y = Y/Z. Limbs are tight.
struct Projective {
  Fe x, y, z;
};

// What every formula ends in: X = E F, Y = G H, Z = F G, T = E H. Limbs are loose.
struct Completed {
  Fe e, f, g, h;
};

// An affine point, ready to be added: y + x (loose), y - x (loose), 2 d x y (tight).
struct Niels {
  Fe y_plus_x, y_minus_x, xy2d;
};

// A point with any Z, ready to be added: Y + X (loose), Y - X (loose), Z (tight), 2 d T (tight).
struct Cached {
  Fe y_plus_x, y_minus_x, z, t2d;
};

constexpr Extended kIdentity = {kFeZero, kFeOne, kFeOne, kFeZero};
constexpr Niels kNielsIdentity = {kFeOne, kFeOne, kFeZero};

static inline Extended to_extended(const Completed& c) noexcept {  // 4M
  return {fe_mul(c.e, c.f), fe_mul(c.g, c.h), fe_mul(c.f, c.g), fe_mul(c.e, c.h)};
}

static inline Projective to_projective(const Completed& c) noexcept {  // 3M
  return {fe_mul(c.e, c.f), fe_mul(c.g, c.h), fe_mul(c.f, c.g)};
}

static inline Cached to_cached(const Extended& p) noexcept {  // 1M
  return {fe_add(p.y, p.x), fe_sub(p.y, p.x), p.z, fe_mul(p.t, kFe2D)};
}

// p + q. 3M.
static inline Completed add(const Extended& p, const Niels& q) noexcept {
  const Fe a = fe_mul(fe_sub(p.y, p.x), q.y_minus_x);
  const Fe b = fe_mul(fe_add(p.y, p.x), q.y_plus_x);
  const Fe c = fe_mul(p.t, q.xy2d);
  const Fe d = fe_add(p.z, p.z);
  return {fe_sub(b, a), fe_sub(d, c), fe_add(d, c), fe_add(b, a)};
}

// p - q. 3M.
static inline Completed subtract(const Extended& p, const Niels& q) noexcept {
  const Fe a = fe_mul(fe_sub(p.y, p.x), q.y_plus_x);
  const Fe b = fe_mul(fe_add(p.y, p.x), q.y_minus_x);
  const Fe c = fe_mul(p.t, q.xy2d);
  const Fe d = fe_add(p.z, p.z);
  return {fe_sub(b, a), fe_add(d, c), fe_sub(d, c), fe_add(b, a)};
}

// p + q. 4M.
static inline Completed add(const Extended& p, const Cached& q) noexcept {
  const Fe a = fe_mul(fe_sub(p.y, p.x), q.y_minus_x);
  const Fe b = fe_mul(fe_add(p.y, p.x), q.y_plus_x);
  const Fe c = fe_mul(p.t, q.t2d);
  const Fe zz = fe_mul(p.z, q.z);
  const Fe d = fe_add(zz, zz);
  return {fe_sub(b, a), fe_sub(d, c), fe_add(d, c), fe_add(b, a)};
}

// p - q. 4M.
static inline Completed subtract(const Extended& p, const Cached& q) noexcept {
  const Fe a = fe_mul(fe_sub(p.y, p.x), q.y_plus_x);
  const Fe b = fe_mul(fe_add(p.y, p.x), q.y_minus_x);
  const Fe c = fe_mul(p.t, q.t2d);
  const Fe zz = fe_mul(p.z, q.z);
  const Fe d = fe_add(zz, zz);
  return {fe_sub(b, a), fe_add(d, c), fe_sub(d, c), fe_add(b, a)};
}

// 2 p. 4S. All four results have the other sign than in the paper, which cancels in every product.
static inline Completed twice(const Projective& p) noexcept {
  const Fe a = fe_sqr(p.x);
  const Fe b = fe_sqr(p.y);
  const Fe zz = fe_sqr(p.z);
  const Fe c = fe_add(zz, zz);
  const Fe h = fe_add(a, b);
  const Fe e = fe_sub(h, fe_sqr(fe_add(p.x, p.y)));
  const Fe g = fe_sub(a, b);
  return {e, fe_add(c, g), g, h};
}

static inline Projective as_projective(const Extended& p) noexcept { return {p.x, p.y, p.z}; }

// RFC 8032 5.1.2: y, with the lowest bit of x on top. One inversion.
static inline void encode(uint8_t out[32], const Projective& p) noexcept {
  const Fe z_inverse = fe_invert(p.z);
  uint8_t x[32];
  fe_to_bytes(x, fe_mul(p.x, z_inverse));
  fe_to_bytes(out, fe_mul(p.y, z_inverse));
  out[31] = static_cast<uint8_t>(out[31] | (x[0] & 1) << 7);
}

// RFC 8032 5.1.3, for a canonical encoding of a point other than (0, +-1): false when no point has this y.
static inline bool decode_vartime(Extended* p, const uint8_t bytes[32]) noexcept {
  const Fe y = fe_from_bytes(bytes);
  const Fe y2 = fe_sqr(y);
  const Fe u = fe_carry(fe_sub(y2, kFeOne));
  const Fe v = fe_add(fe_mul(y2, kFeD), kFeOne);
  const Fe v3 = fe_mul(fe_sqr(v), v);
  const Fe uv3 = fe_mul(u, v3);
  const Fe uv7 = fe_mul(uv3, fe_sqr(fe_sqr(v)));
  Fe x = fe_mul(uv3, fe_pow_p58(uv7));
  const Fe vx2 = fe_mul(v, fe_sqr(x));
  if (!fe_equal_vartime(vx2, u)) {
    if (!fe_equal_vartime(vx2, fe_neg(u))) return false;
    x = fe_mul(x, kFeSqrtM1);
  }
  uint8_t x_bytes[32];
  fe_to_bytes(x_bytes, x);
  if ((x_bytes[0] & 1) != bytes[31] >> 7) x = fe_carry(fe_neg(x));
  *p = {x, y, kFeOne, fe_mul(x, y)};
  return true;
}

}  // namespace tracevar::portable

#endif
