#include "tables.h"

#include <pthread.h>

#include <atomic>

namespace tracevar::portable {

namespace {

// The base point: y = 4/5, x even (RFC 8032 5.1).
constexpr Fe kBaseX = {{0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5}};
constexpr Fe kBaseY = {{0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666}};

constexpr int kChunkMax = sizeof(CombTable::rows) / sizeof(Niels);

// An entry holds X, Y, Z until all points are known; then one inversion serves all of them (Montgomery's trick).
// 7M a point.
void store_projective(Niels* entry, const Extended& p) noexcept { *entry = {p.x, p.y, p.z}; }

void make_affine(Niels* entries, int count) noexcept {
  Fe products[kChunkMax];  // products[i] = Z_0 Z_1 … Z_i
  products[0] = entries[0].xy2d;
  for (int i = 1; i < count; i++) products[i] = fe_mul(products[i - 1], entries[i].xy2d);
  Fe inverse = fe_invert(products[count - 1]);
  for (int i = count - 1; i >= 0; i--) {
    const Niels p = entries[i];
    const Fe z_inverse = i > 0 ? fe_mul(inverse, products[i - 1]) : inverse;
    inverse = fe_mul(inverse, p.xy2d);
    const Fe x = fe_mul(p.y_plus_x, z_inverse);
    const Fe y = fe_mul(p.y_minus_x, z_inverse);
    entries[i] = {fe_add(y, x), fe_sub(y, x), fe_mul(fe_mul(x, y), kFe2D)};
  }
}

BaseTables g_base;                  // written once, under g_base_lock
std::atomic<bool> g_base_ready{false};
pthread_mutex_t g_base_lock = PTHREAD_MUTEX_INITIALIZER;

void base_build() noexcept {
  const Extended base = {kBaseX, kBaseY, kFeOne, fe_mul(kBaseX, kBaseY)};
  comb_build(&g_base.comb, base);
  const Cached two = to_cached(to_extended(twice(as_projective(base))));
  Extended p = base;
  for (int i = 0; i < kBaseOddMultiples; i++) {
    store_projective(&g_base.odd[i], p);
    p = to_extended(add(p, two));
  }
  make_affine(g_base.odd, kBaseOddMultiples);
}

}  // namespace

void comb_build(CombTable* table, const Extended& p) noexcept {
  Extended unit = p;  // 16^i P
  for (auto& row : table->rows) {
    const Cached step = to_cached(unit);
    Extended multiple = unit;
    for (Niels& entry : row) {
      store_projective(&entry, multiple);
      unit = multiple;
      multiple = to_extended(add(multiple, step));
    }
    unit = to_extended(twice(as_projective(unit)));  // 2 * 8
  }
  make_affine(&table->rows[0][0], kChunkMax);
}

const BaseTables& base_tables() noexcept {
  if (!g_base_ready.load(std::memory_order_acquire)) {
    pthread_mutex_lock(&g_base_lock);
    if (!g_base_ready.load(std::memory_order_relaxed)) {
      base_build();
      g_base_ready.store(true, std::memory_order_release);
    }
    pthread_mutex_unlock(&g_base_lock);
  }
  return g_base;
}

}  // namespace tracevar::portable
