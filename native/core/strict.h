// Which encodings STRICT allows (native/README.md). Variable time: public values.
#ifndef TRACEVAR_CORE_STRICT_H
#define TRACEVAR_CORE_STRICT_H

#include <cstdint>

namespace tracevar {

// y < p, and not of small order. The second rule also refuses both encodings of x = 0, hence a "negative zero".
[[nodiscard]] bool point_encoding_allowed(const uint8_t bytes[32]) noexcept;

// s < L.
[[nodiscard]] bool scalar_encoding_allowed(const uint8_t bytes[32]) noexcept;

}  // namespace tracevar

#endif
