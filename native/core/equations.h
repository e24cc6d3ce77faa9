// From signatures to verdicts, shared by verification and by the check of our own signatures.
#ifndef TRACEVAR_CORE_EQUATIONS_H
#define TRACEVAR_CORE_EQUATIONS_H

#include "ed25519.h"

namespace tracevar {

// verdicts[i] = 1 when the cofactorless equation holds for item i, R compared as bytes (RFC 8032 5.1.7), else 0.
// Keys and R are allowed encodings, S is below L. `points`: null, or the points that the R encode, 64 bytes each
// (Equation::point). n <= kLaneItemsMax.
void check_equations(TableCache& tables, const VerifyItem* items, const uint8_t* points, size_t n,
                     uint8_t* verdicts) noexcept;

// How many items, from the first, have its key. n > 0.
[[nodiscard]] size_t run_length(const VerifyItem* items, size_t n) noexcept;

// k = SHA-512(R || A || M) mod L of every item (RFC 8032 5.1.7 step 2). n <= kLaneItemsMax.
void challenges_of(const VerifyItem* items, size_t n, uint8_t (*k)[32]) noexcept;

}  // namespace tracevar

#endif
