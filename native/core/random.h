// The system's randomness.
#ifndef TRACEVAR_CORE_RANDOM_H
#define TRACEVAR_CORE_RANDOM_H

#include <cstdint>
#include <span>

#include "status.h"

namespace tracevar {

// Fills `out`; waits until the system's generator has been seeded. kRandomness: the call failed.
Status random_bytes(std::span<uint8_t> out) noexcept;

// The same for what hides or weighs intermediate values, and is no key: 512 bytes are fetched ahead, since a call of
// the system can cost 1 us, a tenth of a signature. (A child by fork(2) would get what its parent gets; it has no keys.)
Status blind_bytes(std::span<uint8_t> out) noexcept;

}  // namespace tracevar

#endif
