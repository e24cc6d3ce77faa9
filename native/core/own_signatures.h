// The check of our own signatures before they leave: a signature that a fault has spoilt could give the key away.
#ifndef TRACEVAR_CORE_OWN_SIGNATURES_H
#define TRACEVAR_CORE_OWN_SIGNATURES_H

#include "ed25519.h"

namespace tracevar {

// From this many on, signatures of one key are verified together: AVX2 and portable gain from 32 on, IFMA from 40 on.
constexpr size_t kJointItemsMin = 40;

// kOk when every signature verifies under its public key, from the message anew, else kSelfCheck. `points`: R of each
// signature, 64 bytes x || y. n <= kLaneItemsMax. kRandomness: no weights for a joint verification.
//
// Jointly, one bad signature, or one whose R is no point of the curve, is always found. Several bad ones whose errors
// would have to cancel pass with a probability of at most 2^-40: each of kJointTests weighted sums has an order of its
// own, so that for any weights of all but one of them at most 4 places of 128 would do for that one.
Status check_own(TableCache& tables, const SignItem* items, const uint8_t* points, size_t n) noexcept;

}  // namespace tracevar

#endif
