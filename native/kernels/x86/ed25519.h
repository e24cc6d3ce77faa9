// Ed25519 of the x86-64 kernels.
#ifndef TRACEVAR_KERNELS_X86_ED25519_H
#define TRACEVAR_KERNELS_X86_ED25519_H

#include "../kernel.h"

namespace tracevar {

extern const Ed25519Kernel kAvx2Ed25519;  // needs kCpuAvx2

}  // namespace tracevar

#endif
