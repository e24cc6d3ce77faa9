// Known answers that a kernel must give before it is used.
#ifndef TRACEVAR_KERNELS_SELF_TEST_H
#define TRACEVAR_KERNELS_SELF_TEST_H

#include "kernel.h"

namespace tracevar {

// True when the kernel answers a batch that fills its lanes, and a single item, as FIPS 180-4, RFC 8032 and the
// portable kernel do. About a millisecond.
[[nodiscard]] bool self_test(const Kernel& kernel) noexcept;

}  // namespace tracevar

#endif
