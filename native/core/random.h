// The system's randomness.
#ifndef TRACEVAR_CORE_RANDOM_H
#define TRACEVAR_CORE_RANDOM_H

#include <cstdint>
#include <span>

#include "status.h"

namespace tracevar {

// Fills `out`; waits until the system's generator has been seeded. kRandomness: the call failed.
Status random_bytes(std::span<uint8_t> out) noexcept;

}  // namespace tracevar

#endif
