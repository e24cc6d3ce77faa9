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

}  // namespace tracevar

#endif
