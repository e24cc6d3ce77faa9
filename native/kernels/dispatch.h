// Which kernel serves.
#ifndef TRACEVAR_KERNELS_DISPATCH_H
#define TRACEVAR_KERNELS_DISPATCH_H

#include <span>

#include "kernel.h"

namespace tracevar {

// Every kernel that this machine can run, best first.
[[nodiscard]] std::span<const Kernel* const> supported_kernels() noexcept;

// The kernel in use.
[[nodiscard]] const Kernel& active_kernel() noexcept;

}  // namespace tracevar

#endif
