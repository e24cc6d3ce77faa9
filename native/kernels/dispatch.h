// Which kernel serves.
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

// Makes a kernel the one in use, for all threads. All give the same answers, so this may happen at any time.
void use_kernel(const Kernel& kernel) noexcept;

// The kernel in use: the best one unless another was chosen.
[[nodiscard]] const Kernel& active_kernel() noexcept;

}  // namespace tracevar

#endif
