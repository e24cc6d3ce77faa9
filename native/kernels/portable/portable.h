#ifndef TRACEVAR_KERNELS_PORTABLE_H
#define TRACEVAR_KERNELS_PORTABLE_H

#include "../kernel.h"

namespace tracevar {

extern const Kernel kPortableKernel;

}  // namespace tracevar

#endif
