// Which kernel serves, and which one signs: chosen once or at any time, for all threads, since all give the same answers.
#ifndef TRACEVAR_CORE_KERNEL_CHOICE_H
#define TRACEVAR_CORE_KERNEL_CHOICE_H

#include "../kernels/kernel.h"
#include "status.h"

namespace tracevar {

// The kernel in use: the best one unless another was chosen.
[[nodiscard]] const Kernel& active_kernel() noexcept;

// The kernel that touches secrets: the one in use unless another was chosen.
[[nodiscard]] const Kernel& signing_kernel() noexcept;

// Makes the kernel of this name the one in use, or the best one when the name is empty. The first time in a process,
// the kernel is asked for known answers. kNoKernel: this machine has none of this name; kSelfCheck: a wrong answer.
Status choose_kernel(const char* name) noexcept;

// The same for the kernel that signs; an empty name is the one in use.
Status choose_signing_kernel(const char* name) noexcept;

}  // namespace tracevar

#endif
