// Multiples of fixed points, for sums without doublings. Built from public points; variable time. One format for all
// kernels: limbs of 51 bits, each below 2^51, which the others convert as they load them.
#ifndef TRACEVAR_KERNELS_PORTABLE_TABLES_H
#define TRACEVAR_KERNELS_PORTABLE_TABLES_H

#include <cstring>

#include "../kernel.h"
#include "../lanes/digits.h"

namespace tracevar {

// An affine point: y + x at v[0], y - x at v[5], 2 d x y at v[10], five limbs each; v[15] is 0.
struct alignas(64) KeyEntry {
  uint64_t v[16];
};

// Entry j of row i is j 2^(width i) P, j from 0 to 2^(width-1); `windows` rows. The entries follow this head.
struct alignas(64) KeyTable {
  uint32_t width;
  uint32_t windows;
};

constexpr int kKeyWidthSmall = 5;  // 110 KiB
constexpr int kKeyWidthLarge = 8;  // 516 KiB
constexpr int kBaseSignWidth = 5;

constexpr size_t key_table_windows(int width) noexcept { return digit_count(width); }
constexpr size_t key_table_row(int width) noexcept { return (size_t{1} << (width - 1)) + 1; }
constexpr size_t key_table_bytes(int width) noexcept {
  return sizeof(KeyTable) + sizeof(KeyEntry) * key_table_windows(width) * key_table_row(width);
}

static inline const KeyEntry* key_table_row_start(const KeyTable* table, size_t window) noexcept {
  return reinterpret_cast<const KeyEntry*>(table + 1) + window * key_table_row(static_cast<int>(table->width));
}

// Encodes x || y, both below p (RFC 8032 5.1.2).
static inline void point_encode(uint8_t out[32], const uint8_t point[64]) noexcept {
  std::memcpy(out, point + 32, 32);
  out[31] = static_cast<uint8_t>(out[31] | (point[0] & 1) << 7);
}

// x || y (both below p) is the point that `encoding` is for.
static inline bool point_is_encoded_as(const uint8_t point[64], const uint8_t encoding[32]) noexcept {
  uint8_t bytes[32];
  point_encode(bytes, point);
  return std::memcmp(bytes, encoding, 32) == 0;
}

// Fills a table of key_table_bytes(width) bytes, aligned to 64, with the multiples of -A. False: the key is no point.
// About 16 multiplications an entry: 0.2 ms and 0.7 ms.
bool key_table_build(KeyTable* table, int width, const uint8_t public_key[32]) noexcept;

// The same for the base point B itself, not negated.
void base_table_build(KeyTable* table, int width) noexcept;

// Multiples of the base point B.
struct BaseTables {
  const KeyTable* check;  // kKeyWidthLarge
  const KeyTable* sign;   // kBaseSignWidth
};

// Computed by whoever asks first, then constant.
[[nodiscard]] BaseTables base_tables() noexcept;

}  // namespace tracevar

#endif
