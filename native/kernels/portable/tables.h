// Multiples of a fixed point, for sums without doublings. Built from public points; variable time.
#ifndef TRACEVAR_KERNELS_PORTABLE_TABLES_H
#define TRACEVAR_KERNELS_PORTABLE_TABLES_H

#include "point.h"

namespace tracevar::portable {

// rows[i][j] = (j + 1) 16^i P: one row for each signed radix-16 digit of a scalar. 60 KiB.
struct CombTable {
  Niels rows[64][8];
};

// P, 3P, 5P, … 127P: the odd multiples that a window of 8 bits can need.
constexpr int kBaseOddMultiples = 64;

// Multiples of the base point B.
struct BaseTables {
  CombTable comb;
  Niels odd[kBaseOddMultiples];
};

// Fills `table` with the multiples of p. About 9,000M: 0.2 ms.
void comb_build(CombTable* table, const Extended& p) noexcept;

// The tables of B, computed by whoever asks first, then constant.
[[nodiscard]] const BaseTables& base_tables() noexcept;

}  // namespace tracevar::portable

#endif
