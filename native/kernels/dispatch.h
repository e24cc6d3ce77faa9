// The list of kernels.
#ifndef TRACEVAR_KERNELS_DISPATCH_H
#define TRACEVAR_KERNELS_DISPATCH_H

#include <span>

#include "kernel.h"

namespace tracevar {

// Every kernel of this build, best first.
[[nodiscard]] std::span<const Kernel> all_kernels() noexcept;

// This machine can run it.
[[nodiscard]] bool is_supported(const Kernel& kernel) noexcept;

// The supported kernel of this name, or the best one when name is null; null: there is none.
[[nodiscard]] const Kernel* find_kernel(const char* name) noexcept;

}  // namespace tracevar

#endif
