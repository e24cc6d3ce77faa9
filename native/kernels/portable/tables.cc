#include "tables.h"

#include <atomic>
#include <bit>
#include <cassert>

#include "../../core/os.h"
#include "../lanes/constants.h"

namespace tracevar {

namespace {

#include "field.inc"

#include "../lanes/points.inc"

#include "../lanes/decode.inc"

// The base point: y = 4/5, x even (RFC 8032 5.1).
constexpr Limbs51 kBaseX = {{0x62d608f25d51a, 0x412a4b4f6592a, 0x75b7171a4b31d, 0x1ff60527118fe, 0x216936d3cd6e5}};
constexpr Limbs51 kBaseY = {{0x6666666666658, 0x4cccccccccccc, 0x1999999999999, 0x3333333333333, 0x6666666666666}};

// Points that share one inversion (Montgomery's trick).
constexpr size_t kChunk = 128;

void store_limbs(uint64_t* limbs, const Fe& f) noexcept {
  const Fe g = fe_canonical(f);
  std::memcpy(limbs, g.v, sizeof g.v);
}

// A point that waits for the shared inversion, and where it goes.
struct Waiting {
  Sum point;
  KeyEntry* entry;
};

// 6M a point, and one inversion.
void store_affine(const Waiting* points, size_t count) noexcept {
  Fe products[kChunk];  // of all Z before a point's own
  Fe product = fe_one();
  for (size_t i = 0; i < count; i++) {
    products[i] = product;
    product = fe_mul(product, fe_carry(points[i].point.z));
  }
  Fe inverse = fe_invert(product);
  for (size_t i = count; i-- > 0;) {
    const Fe own = fe_mul(inverse, products[i]);
    const Sum& p = points[i].point;
    inverse = fe_mul(inverse, fe_carry(p.z));
    KeyEntry& entry = *points[i].entry;
    store_limbs(entry.v, fe_mul(p.ypx, own));
    store_limbs(entry.v + 5, fe_mul(p.ymx, own));
    store_limbs(entry.v + 10, fe_mul(fe_mul(p.t, own), fe_constant(k2D)));
    entry.v[15] = 0;
  }
}

void table_build(KeyTable* table, int width, const Sum& p) noexcept {
  const size_t windows = key_table_windows(width), row = key_table_row(width);
  table->width = static_cast<uint32_t>(width);
  table->windows = static_cast<uint32_t>(windows);
  KeyEntry* entries = reinterpret_cast<KeyEntry*>(table + 1);
  Waiting points[kChunk];
  size_t waiting = 0;
  Sum unit = p;  // 2^(width i) P
  for (size_t i = 0; i < windows; i++) {
    const Cached step = cached(unit);
    *entries++ = {{1, 0, 0, 0, 0, 1}};  // the neutral point
    for (size_t j = 1; j < row; j++) {
      if (j > 1) unit = add(unit, step);
      points[waiting++] = {unit, entries++};
      if (waiting < kChunk && !(i + 1 == windows && j + 1 == row)) continue;
      store_affine(points, waiting);
      waiting = 0;
    }
    unit = twice(unit);  // of 2^(width-1) times the unit
  }
}

alignas(64) uint8_t g_check[key_table_bytes(kKeyWidthLarge)];  // written once, under g_base_lock
alignas(64) uint8_t g_sign[key_table_bytes(kBaseSignWidth)];
std::atomic<bool> g_base_ready{false};
constinit OsLock g_base_lock;

}  // namespace

bool key_table_build(KeyTable* table, int width, const uint8_t public_key[32]) noexcept {
  Sum negated;
  if (decode_negated(public_key, &negated) == 0) return false;
  table_build(table, width, negated);
  return true;
}

void base_table_build(KeyTable* table, int width) noexcept {
  const Fe x = fe_constant(kBaseX), y = fe_constant(kBaseY);
  table_build(table, width, {fe_carry_difference(wide_of(y), wide_of(x)), fe_carry_sum(wide_of(y), wide_of(x)),
                             wide_of(fe_one()), fe_mul(x, y)});
}

BaseTables base_tables() noexcept {
  const BaseTables tables = {reinterpret_cast<const KeyTable*>(g_check), reinterpret_cast<const KeyTable*>(g_sign)};
  if (g_base_ready.load(std::memory_order_acquire)) return tables;
  os_lock(&g_base_lock);
  if (!g_base_ready.load(std::memory_order_relaxed)) {
    base_table_build(reinterpret_cast<KeyTable*>(g_check), kKeyWidthLarge);
    base_table_build(reinterpret_cast<KeyTable*>(g_sign), kBaseSignWidth);
    g_base_ready.store(true, std::memory_order_release);
  }
  os_unlock(&g_base_lock);
  return tables;
}

}  // namespace tracevar
