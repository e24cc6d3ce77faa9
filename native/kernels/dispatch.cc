// The only list of kernels: best first. `portable` needs nothing and is last.
#include "dispatch.h"

#include "portable/portable.h"

namespace tracevar {

namespace {
constexpr const Kernel* kKernels[] = {&kPortableKernel};
}  // namespace

std::span<const Kernel* const> supported_kernels() noexcept { return kKernels; }

const Kernel& active_kernel() noexcept { return *kKernels[0]; }

}  // namespace tracevar
