// Ed25519 verification, STRICT (native/README.md). Variable time: everything here is public.
#ifndef TRACEVAR_KERNELS_PORTABLE_VERIFY_H
#define TRACEVAR_KERNELS_PORTABLE_VERIFY_H

#include "../kernel.h"
#include "tables.h"

namespace tracevar::portable {

[[nodiscard]] bool verify_strict(const uint8_t public_key[32], const uint8_t signature[64], Bytes message) noexcept;

// The multiples of -A for a public key of our own making.
void negated_table_build(CombTable* table, const uint8_t public_key[32]) noexcept;

// The equation for a signature of our own making, from the table above: less than half the work.
[[nodiscard]] bool verify_own(const CombTable& negated, const uint8_t public_key[32], const uint8_t signature[64],
                              Bytes message) noexcept;

}  // namespace tracevar::portable

#endif
