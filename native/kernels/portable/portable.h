// Entry points of the portable kernel: standard C++ and 128-bit products, on every 64-bit little-endian machine.
#ifndef TRACEVAR_KERNELS_PORTABLE_H
#define TRACEVAR_KERNELS_PORTABLE_H

#include "../kernel.h"

namespace tracevar {

extern const Ed25519Kernel kPortableEd25519;

}  // namespace tracevar

#endif
